import { constants } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { unpackedName } from '../content/container.js';
import { TallyError } from '../errors.js';
import { fingerprint } from './folder.js';

/**
 * Puts a delivery away as `<archive>/<feed>/<business date>/<name>`, with its checksum beside it in the form
 * that `sha256sum -c` reads. Before it is gone from where it lay, `record` is told where it will lie, below the
 * archive: if the process dies in between, the file is still there to be put away, and not the other way round.
 */
export async function archive(
  folder: string,
  file: { path: string; feed: string; businessDate: string; sha256: string },
  how: 'move' | 'copy',
  record: (place: string) => Promise<unknown>,
): Promise<void> {
  const place = join(folder, file.feed, file.businessDate);
  try {
    await mkdir(place, { recursive: true });
    const target = await claimName(place, basename(file.path), file.sha256);
    const recordIt = () => record(relative(folder, target).split(sep).join('/'));
    if (how === 'move') return await move(file.path, target, recordIt);
    await copy(file.path, target);
    await recordIt();
  } catch (error) {
    if (error instanceof TallyError) throw error;
    throw new TallyError(
      'output_unwritable',
      `${basename(file.path)} was loaded but could not be archived: ${(error as Error).message}`,
      {
        hint: 'The next run knows its content and archives it then.',
        cause: error,
      },
    );
  }
}

/**
 * A name for the file, claimed by writing its checksum there: whoever finds the file finds what to hold it against,
 * and of two that are put away at once, by two jobs or two runs, only one gets the name. Another content under the
 * same name gets a piece of its checksum into its own.
 */
async function claimName(place: string, name: string, sha256: string): Promise<string> {
  const plain = join(place, name);
  const known = await fingerprint(plain).catch(() => undefined);
  if ((!known || known.sha256 === sha256) && (await claim(plain, sha256))) return plain;
  // Of a packed file both endings stay: they say how it is read.
  const extension = extname(unpackedName(name)) + name.slice(unpackedName(name).length);
  const other = join(
    place,
    `${name.slice(0, name.length - extension.length)}~${sha256.slice(0, 8)}${extension}`,
  );
  await writeFile(`${other}.sha256`, checksumLine(basename(other), sha256));
  return other;
}

/**
 * False where the name is another content's. One whose file never came has claimed it all the same. The claim appears
 * as a whole, by a second name for a file that is complete: so one that was cut short claims nothing.
 */
async function claim(target: string, sha256: string): Promise<boolean> {
  const line = checksumLine(basename(target), sha256);
  const half = join(dirname(target), `.${basename(target)}.${sha256}.tmp`);
  try {
    await writeFile(half, line);
    await link(half, `${target}.sha256`).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // A disk that knows no second names.
      await writeFile(`${target}.sha256`, line, { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readFile(`${target}.sha256`, 'utf8')) === line;
  } finally {
    await rm(half, { force: true });
  }
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** A name with a line break or a backslash in it is escaped, and the line says so with a backslash before it. */
function checksumLine(name: string, sha256: string): string {
  const escaped = name.replace(/[\\\n\r]/g, (character) => ESCAPES[character]!);
  return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`;
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
