import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf, embeddedFailed } from './failure.js';
import type { Place } from './place.js';
import { run } from './run.js';
import type { Account } from './run.js';

/*
 * Root's own folders (/root, mode 700) are closed to the user that the server runs as. What that user must reach
 * then lies in a folder of the machine.
 */

const MACHINE_FOLDERS = ['/var/lib/tallyhouse', '/var/tmp/tallyhouse'];

/** Asks the system by going there: mode bits are not the whole truth (lists of rights, mounts). */
export async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  if (!account) return true;
  return (await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { account })).ok;
}

/** A folder of root's that the account can enter. */
export async function machineFolder(account: Account): Promise<string> {
  for (const folder of MACHINE_FOLDERS) {
    const made = await openFolder(folder).catch(() => false);
    if (made && (await isOnlyRoots(folder)) && (await canEnter(account, folder))) return folder;
  }
  throw embeddedFailed(
    `PostgreSQL does not run as root, and neither ${MACHINE_FOLDERS.join(' nor ')} can be made as a folder of root's for what its user must reach.`,
    'Run tally as an ordinary user, or put the workspace where every user can enter.',
  );
}

/** Gives the workspace a folder for its data outside itself, and leaves a link there as the record of it. */
export async function settleOutside(place: Place, password: string, account: Account): Promise<void> {
  const name = `${basename(place.workspace)}-${sha256(place.workspace).slice(0, 12)}`;
  const home = join(await machineFolder(account), 'workspaces', name);
  await openFolder(home);
  // With a trace of the password, so that a fresh checkout at an old path does not meet the data of the old one,
  // whose password is gone.
  const data = join(home, `postgres-${sha256(password).slice(0, 8)}`);
  try {
    await symlink(data, place.entry);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Makes a folder that every user can enter, whatever the umask. */
async function openFolder(folder: string): Promise<true> {
  const first = await mkdir(folder, { recursive: true });
  for (let made = folder; first && made.startsWith(first); made = join(made, '..')) await chmod(made, 0o755);
  return true;
}

/** In a folder where everyone may write, someone else could have made ours and put their programs there. */
async function isOnlyRoots(folder: string): Promise<boolean> {
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
