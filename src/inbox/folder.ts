import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stampOf } from '../content/stamp.js';
import { TallyError } from '../errors.js';

/** Something that lies in a folder of deliveries. */
export interface Found {
  path: string;
  /** Below the inbox, with / between folders on every system. */
  name: string;
  /** When it came to lie there, as far as the file system knows. */
  arrivedAt: Date;
  /** A folder is a place to look, unless someone gave it the name of a delivery. */
  isFolder: boolean;
}

export interface Listing {
  found: Found[];
  /** What could not be looked at; the rest of the inbox is loaded all the same. */
  errors: TallyError[];
}

/** Names that mean "not for you" or "not yet". */
const IGNORED = /(^\.)|(\.(tmp|part|partial|crdownload|filepart|sha256)$)|(~$)/i;

/** Everything below the inbox, oldest first. */
export async function listInbox(inbox: string): Promise<Listing> {
  const listing: Listing = { found: [], errors: [] };
  await listFolder(inbox, '', listing);
  listing.found.sort((a, b) => a.arrivedAt.getTime() - b.arrivedAt.getTime() || (a.name < b.name ? -1 : 1));
  return listing;
}

async function listFolder(inbox: string, below: string, listing: Listing): Promise<void> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(inbox, below), { withFileTypes: true });
  } catch (error) {
    // A folder below may have been taken away since it was listed; that of all deliveries must be there.
    if (below === '' || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      listing.errors.push(closed(resolve(inbox, below), error));
    return;
  }
  for (const entry of entries) {
    if (IGNORED.test(entry.name)) continue;
    const name = below + entry.name;
    const path = join(inbox, name);
    // A link that leads nowhere is a delivery that cannot be read, and is told as one.
    const facts = await stat(path).catch(() => lstat(path).catch(() => undefined));
    // ctime, not mtime: copying tools keep the latter as it was at the agency.
    if (facts) listing.found.push({ path, name, arrivedAt: facts.ctime, isFolder: entry.isDirectory() });
    else if (name.includes('\ufffd')) listing.errors.push(unreadableName(path));
    if (entry.isDirectory()) await listFolder(inbox, `${name}/`, listing);
  }
}

function closed(folder: string, cause: unknown): TallyError {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new TallyError('file_missing', `There is no folder ${folder}, which should hold the deliveries.`, {
      hint: 'Make it, or say in TALLY_INBOX where deliveries lie.',
      cause,
    });
  }
  return new TallyError(
    'file_unreadable',
    `The folder ${folder} cannot be read: ${(cause as Error).message}`,
    {
      hint: 'The user that runs tally must be allowed to read it.',
      cause,
    },
  );
}

function unreadableName(path: string): TallyError {
  return new TallyError(
    'file_unreadable',
    `The name of ${path} is not UTF-8, so the file cannot be opened.`,
    {
      hint: 'Give it another name.',
    },
  );
}

/** A file as it was when it was looked at. */
export interface Fingerprint {
  size: number;
  sha256: string;
  /** Another one if the file is exchanged or written to, whatever its size. */
  stamp: string;
}

/** Size and checksum of a file that is to be loaded, or a clear word why it cannot be. */
export async function fingerprint(path: string): Promise<Fingerprint> {
  try {
    const facts = await stat(path, { bigint: true });
    if (!facts.isFile()) {
      const what = facts.isDirectory() ? 'a folder' : 'not a regular file';
      throw new TallyError('file_not_regular', `${path} is ${what}; expected a file.`);
    }
    const file = await open(path);
    try {
      const stamp = stampOf(await file.stat({ bigint: true }));
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of file.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false })) {
        hash.update(chunk as Buffer);
        size += (chunk as Buffer).length;
      }
      return { size, sha256: hash.digest('hex'), stamp };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof TallyError ? error : await unreadable(path, error);
  }
}

/** Why a file could not be looked at. */
export async function unreadable(path: string, cause: unknown): Promise<TallyError> {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    if (await isThere(path)) {
      return new TallyError('file_unreadable', `${path} is a link to a file that is not there.`, { cause });
    }
    return new TallyError('file_missing', `There is no file ${path}.`, { cause });
  }
  return new TallyError('file_unreadable', `${path} cannot be read: ${(cause as Error).message}`, {
    hint: 'The user that runs tally must be allowed to read it.',
    cause,
  });
}

/** Asked of the thing itself: a link that leads nowhere is there. */
function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
