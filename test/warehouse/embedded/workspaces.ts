import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { stopEmbedded } from '../../../src/warehouse/embedded/embedded.js';
import { findPlace } from '../../../src/warehouse/embedded/place.js';
import { readPostmaster } from '../../../src/warehouse/embedded/postmaster.js';
import type { Postmaster } from '../../../src/warehouse/embedded/postmaster.js';

export const isRoot = process.getuid?.() === 0;

const made: string[] = [];
const clients: pg.Client[] = [];

/** An empty workspace. A temporary folder is closed to others, as a home is, unless it is opened. */
export async function newWorkspace(mode = 0o755): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tally-embedded-')));
  made.push(folder);
  await chmod(folder, mode);
  return folder;
}

/** For afterEach: closes every connection, stops every server and removes every file, whatever the test did. */
export async function removeWorkspaces(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
  const faults: unknown[] = [];
  for (const workspace of made.splice(0)) {
    try {
      await stopEmbedded(workspace);
      const { data, entry } = await findPlace(workspace);
      if (data !== entry) await rm(dirname(data), { recursive: true, force: true });
    } catch (error) {
      faults.push(error);
    }
    await rm(workspace, { recursive: true, force: true });
  }
  if (faults.length > 0) throw faults[0];
}

export async function connect(url: string, application_name = 'psql'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

export async function postmasterOf(workspace: string): Promise<Postmaster> {
  const postmaster = await readPostmaster((await findPlace(workspace)).data);
  if (!postmaster) throw new Error('there is no postmaster.pid');
  return postmaster;
}

/** Asks again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 300; asked++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not come true within 15 s');
}
