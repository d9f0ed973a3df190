import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { TallyError } from '../errors.js';

/** A file that lies in a folder of deliveries. */
export interface FoundFile {
  path: string;
  /** Below the inbox, with / between folders on every system. */
  name: string;
  /** When it came to lie there, as far as the file system knows. */
  arrivedAt: Date;
}

/** Names that mean "not for you" or "not yet". */
const IGNORED = /(^\.)|(\.(tmp|part|partial|crdownload|filepart|sha256)$)|(~$)/i;

/** All files below the inbox, oldest first. */
export async function listInbox(folder: string): Promise<FoundFile[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new TallyError('file_unreadable', `The inbox cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const found: FoundFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    if (name.split('/').some((part) => IGNORED.test(part)) || entry.isDirectory()) continue;
    // It may have been taken away since it was listed.
    const facts = await stat(path).catch(() => undefined);
    // ctime, not mtime: copying tools keep the latter as it was at the agency.
    if (facts) found.push({ path, name, arrivedAt: facts.ctime });
  }
  return found.sort((a, b) => a.arrivedAt.getTime() - b.arrivedAt.getTime() || (a.name < b.name ? -1 : 1));
}

/** Size and checksum of a file that is to be loaded, or a clear word why it cannot be. */
export async function fingerprint(path: string): Promise<{ size: number; sha256: string }> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) {
      const what = facts.isDirectory() ? 'a folder' : 'not a regular file';
      throw new TallyError('file_not_regular', `${path} is ${what}; expected a file.`);
    }
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return { size, sha256: hash.digest('hex') };
  } catch (error) {
    if (error instanceof TallyError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new TallyError('file_missing', `There is no file ${path}.`, { cause: error });
    throw new TallyError('file_unreadable', `${path} cannot be read: ${(error as Error).message}`, {
      hint: 'May the user that runs tally read it?',
      cause: error,
    });
  }
}

/**
 * Puts a delivery away as `<archive>/<feed>/<business date>/<name>`, with its checksum beside it in the form
 * that `sha256sum -c` reads. Tells where it lies, below the archive.
 */
export async function archive(
  folder: string,
  file: { path: string; feed: string; businessDate: string; sha256: string },
  how: 'move' | 'copy',
): Promise<string> {
  const place = join(folder, file.feed, file.businessDate);
  try {
    await mkdir(place, { recursive: true });
    const target = await freeName(place, basename(file.path), file.sha256);
    if (how === 'move') await move(file.path, target);
    else await copy(file.path, target);
    await writeFile(`${target}.sha256`, `${file.sha256}  ${basename(target)}\n`);
    return relative(folder, target).split(sep).join('/');
  } catch (error) {
    throw new TallyError('output_unwritable', `The file was loaded but could not be archived: ${(error as Error).message}`, {
      hint: 'The next run knows its content and archives it then.',
      cause: error,
    });
  }
}

/** Another content under the same name gets a piece of its checksum into the name. */
async function freeName(place: string, name: string, sha256: string): Promise<string> {
  const plain = join(place, name);
  const known = await fingerprint(plain).catch(() => undefined);
  if (!known || known.sha256 === sha256) return plain;
  const extension = extname(name);
  return join(place, `${name.slice(0, name.length - extension.length)}~${sha256.slice(0, 8)}${extension}`);
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copy(from, to);
    await rm(from);
  }
}

async function copy(from: string, to: string): Promise<void> {
  const half = join(dirname(to), `.${basename(to)}.tmp`);
  await copyFile(from, half, constants.COPYFILE_FICLONE);
  const { atime, mtime } = await stat(from);
  await utimes(half, atime, mtime);
  await rename(half, to);
}
