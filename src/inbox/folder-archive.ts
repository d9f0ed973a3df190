import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { stampOf } from '../content/stamp.js';
import { TallyError } from '../errors.js';
import type { Archive, Kept, LaterPacking, PutAway } from './archive.js';
import { claimName, type Claims } from './claims.js';
import type { Copies, Taken } from './copies.js';
import { fingerprint, unreadable } from './folder.js';
import { placesOf, plainPlace } from './kept.js';
import { pack, unpacked } from './pack.js';

/** An archive on a disk. */
export class FolderArchive implements Archive {
  constructor(
    private readonly folder: string,
    private readonly copies: Copies,
  ) {}

  async put(file: PutAway, how: 'move' | 'copy', record: (kept: Kept) => Promise<unknown>): Promise<void> {
    const place = join(this.folder, file.feed, file.businessDate);
    try {
      await mkdir(place, { recursive: true });
      const target = join(place, await claimName(claimsIn(place), file.name, file.sha256));
      for (const { ending, bytes } of file.companions) await write(`${target}${ending}`, bytes);
      const recordIt = () => record({ place: this.below(target), packed: false });
      if (how === 'move') return await move(file.path, target, recordIt);
      await copy(file.path, target);
      await recordIt();
    } catch (error) {
      if (error instanceof TallyError) throw error;
      throw new TallyError(
        'output_unwritable',
        `${file.name} was loaded but could not be archived: ${(error as Error).message}`,
        {
          hint: 'The next run knows its content and archives it then.',
          cause: error,
        },
      );
    }
  }

  async take({ place, packed }: Kept, signal?: AbortSignal): Promise<Taken> {
    const path = join(this.folder, place);
    if (!packed) return { path, ...(await fingerprint(path)), release: () => Promise.resolve() };
    const file = await open(path).catch(async (error: unknown) => {
      throw await unreadable(path, error);
    });
    try {
      return await unpacked(file.createReadStream({ autoClose: false }), place, this.copies, signal);
    } finally {
      await file.close();
    }
  }

  async readCompanion(kept: Kept, ending: string): Promise<Buffer | undefined> {
    return readFile(join(this.folder, plainPlace(kept)) + ending).catch(undefinedIfMissing);
  }

  async remove(kept: Kept): Promise<void> {
    try {
      const { file, claims } = placesOf(kept);
      for (const place of [...file, ...claims]) await rm(join(this.folder, place), { force: true });
      // When it was the last one of its day.
      await rmdir(dirname(join(this.folder, kept.place))).catch(() => {});
    } catch (error) {
      const message = `${kept.place} could not be removed from the archive: ${(error as Error).message}`;
      throw new TallyError('output_unwritable', message, {
        hint: 'The user that runs tally must be allowed to. The next `tally clean` tries again.',
        cause: error,
      });
    }
  }

  readonly later: LaterPacking = {
    pack: async ({ place, sha256 }, record, signal) => {
      const path = join(this.folder, place);
      const there = await stat(path, { bigint: true }).catch(undefinedIfMissing);
      if (!there) return;
      const folder = dirname(path);
      const half = join(folder, `.${basename(path)}.gz.tmp`);
      try {
        const sum = await pack(path, half, sha256, signal);
        await utimes(half, there.atime, there.mtime);
        const target = join(folder, await claimName(claimsIn(folder), `${basename(path)}.gz`, sum));
        await rename(half, target);
        await record({ place: this.below(target), packed: true });
        // The same content may have come again, and been put away, in the meantime.
        const isSame = stampOf(await stat(path, { bigint: true })) === stampOf(there);
        if (isSame) await rm(path);
      } catch (error) {
        if (error instanceof TallyError || !isOfFiles(error)) throw error;
        const message = `${place} could not be packed: ${(error as Error).message}`;
        throw new TallyError('output_unwritable', message, {
          hint: 'It stays as it is. The next run tries again; without packing: TALLY_ARCHIVE_COMPRESS=off',
          cause: error,
        });
      } finally {
        await rm(half, { force: true });
      }
    },
    removePlain: async ({ place, sha256 }) => {
      const path = join(this.folder, place);
      const found = await fingerprint(path).catch(() => undefined);
      if (found?.sha256 === sha256) await rm(path);
    },
  };

  private below(path: string): string {
    return relative(this.folder, path).split(sep).join('/');
  }
}

function claimsIn(folder: string): Claims {
  return {
    checksumOf: (name) =>
      fingerprint(join(folder, name)).then(
        ({ sha256 }) => sha256,
        () => undefined,
      ),
    writeOnce: (name, text) => writeOnce(join(folder, name), text),
    write: (name, text) => writeFile(join(folder, name), text),
  };
}

/** It appears as a whole, by a second name for a file that is complete: so one that was cut short claims nothing. */
async function writeOnce(path: string, text: string): Promise<string> {
  const own = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const half = join(dirname(path), `.${basename(path)}.${own}.tmp`);
  try {
    await writeFile(half, text);
    await link(half, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // A disk that knows no second names.
      await writeFile(path, text, { flag: 'wx' });
    });
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(path, 'utf8');
  } finally {
    await rm(half, { force: true });
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  const half = join(dirname(path), `.${basename(path)}.tmp`);
  await writeFile(half, bytes);
  await rename(half, path);
}

async function move(from: string, to: string, record: () => Promise<unknown>): Promise<void> {
  // Of a link it is the content that was loaded: a link put elsewhere may lead nowhere.
  const isLink = (await lstat(from)).isSymbolicLink();
  try {
    if (!isLink) {
      await record();
      return await rename(from, to);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
  await copy(from, to);
  await record();
  await rm(from);
}

async function copy(from: string, to: string): Promise<void> {
  const half = join(dirname(to), `.${basename(to)}.tmp`);
  try {
    await copyFile(from, half, constants.COPYFILE_FICLONE);
    const { atime, mtime } = await stat(from);
    await utimes(half, atime, mtime);
    await rename(half, to);
  } finally {
    await rm(half, { force: true });
  }
}

/** A database that is gone is another matter. */
function isOfFiles(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string' && 'path' in (error as object);
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
