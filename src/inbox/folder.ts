import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stampOf } from '../content/stamp.js';
import { TallyError } from '../errors.js';
import { pairUp, type Companion, type Entry, type Found } from './companions.js';

export interface Listing {
  /** Oldest first. */
  found: Found[];
  /** Companions whose file is not there. */
  alone: Companion[];
  /** What could not be looked at; the rest of the inbox is loaded all the same. */
  errors: TallyError[];
}

/** What is hashed at once. */
const BLOCK_BYTES = 512 * 1024;

/** Names that mean "not for you" or "not yet". */
export const IGNORED = /(^\.)|(\.(tmp|part|partial|crdownload|filepart)$)|(~$)/i;

/** Everything below the inbox, oldest first. */
export async function listInbox(inbox: string): Promise<Listing> {
  const entries: Entry[] = [];
  const errors: TallyError[] = [];
  await listFolder(inbox, '', entries, errors);
  return { ...inOrder(entries), errors };
}

export function inOrder(entries: Entry[]): Omit<Listing, 'errors'> {
  const { found, alone } = pairUp(entries);
  found.sort((a, b) => a.arrivedAt.getTime() - b.arrivedAt.getTime() || (a.name < b.name ? -1 : 1));
  return { found, alone };
}

async function listFolder(
  inbox: string,
  below: string,
  entries: Entry[],
  errors: TallyError[],
): Promise<void> {
  let children: Dirent[];
  try {
    children = await readdir(join(inbox, below), { withFileTypes: true });
  } catch (error) {
    // A folder below may have been taken away since it was listed; that of all deliveries must be there.
    if (below === '' || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      errors.push(closed(resolve(inbox, below), error));
    return;
  }
  for (const child of children) {
    if (IGNORED.test(child.name)) continue;
    const name = below + child.name;
    const entry = await entryAt(join(inbox, name), name);
    if (entry) entries.push({ ...entry, isFolder: child.isDirectory() });
    else if (name.includes('\ufffd')) errors.push(unreadableName(join(inbox, name)));
    if (child.isDirectory()) await listFolder(inbox, `${name}/`, entries, errors);
  }
}

/** What lies at a path; a link that leads nowhere is a delivery that cannot be read, and is told as one. */
export async function entryAt(path: string, name: string): Promise<Entry | undefined> {
  const exact = { bigint: true } as const;
  const facts = await stat(path, exact).catch(() => lstat(path, exact).catch(() => undefined));
  return (
    facts && {
      path,
      name,
      // ctime, not mtime: copying tools keep the latter as it was at the agency.
      arrivedAt: facts.ctime,
      writtenAt: facts.mtime,
      isFolder: facts.isDirectory(),
      mayGrow: true,
      version: stampOf(facts),
    }
  );
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
      return { ...(await checksum(file)), stamp };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof TallyError ? error : await unreadable(path, error);
  }
}

/** One buffer is filled while the other one is hashed. A stream makes a new one each time, which takes half as long again. */
async function checksum(file: FileHandle): Promise<Pick<Fingerprint, 'size' | 'sha256'>> {
  const hash = createHash('sha256');
  let size = 0;
  let [full, other] = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)];
  let { bytesRead } = await file.read(full);
  while (bytesRead > 0) {
    const next = file.read(other);
    hash.update(full.subarray(0, bytesRead));
    size += bytesRead;
    [full, other] = [other, full];
    ({ bytesRead } = await next);
  }
  return { size, sha256: hash.digest('hex') };
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
