import { access, lstat, readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from './failure.js';

/** Where the embedded database of a workspace lies. */
export interface Place {
  workspace: string;
  /** `<workspace>/.tally`; the files below lie in it. */
  folder: string;
  /** `<workspace>/.tally/postgres`: the data, or a symbolic link to it. */
  entry: string;
  /** The data themselves. */
  data: string;
  password: string;
  log: string;
  keep: string;
}

/** Creates nothing. */
export async function findPlace(workspace: string): Promise<Place> {
  const real = await realpath(workspace);
  const folder = join(real, '.tally');
  const entry = join(folder, 'postgres');
  return {
    workspace: real,
    folder,
    entry,
    data: (await isLink(entry)) ? resolve(folder, await readlink(entry)) : entry,
    password: join(folder, 'postgres.password'),
    log: join(folder, 'postgres.log'),
    keep: join(folder, 'postgres.keep'),
  };
}

/** Whether PostgreSQL's files are there. They are renamed into place, so they are complete. */
export function isCluster(data: string): Promise<boolean> {
  return exists(join(data, 'PG_VERSION'));
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, falseIfMissing);
}

export function isLink(path: string): Promise<boolean> {
  return lstat(path).then((found) => found.isSymbolicLink(), falseIfMissing);
}

/** A folder that is closed to us is not an empty one. */
function falseIfMissing(error: unknown): false {
  if (codeOf(error) === 'ENOENT') return false;
  throw error;
}
