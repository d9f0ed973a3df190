import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { serverAccount } from './account.js';
import { runnableBinaries } from './binaries.js';
import { ensureCluster } from './create.js';
import { embeddedFailed } from './failure.js';
import { findPlace } from './place.js';
import type { Place } from './place.js';
import { isSame, readPostmaster } from './postmaster.js';
import { lastLines, run } from './run.js';
import type { Manner, Outcome } from './run.js';

const START_SECONDS = 300;
const STOP_SECONDS = 120;

/**
 * Makes the database if there is none, and starts a server on it. Safe to call at any time: when there is a
 * server, PostgreSQL itself refuses. Says whether this call's server runs.
 */
export async function startServer(workspace: string): Promise<boolean> {
  const before = await findPlace(workspace);
  const account = await serverAccount(before.data);
  const binaries = await runnableBinaries(account);
  const place = await ensureCluster(before, account, binaries);
  const options = ['-o', `-p ${await freePort()}`, '-t', String(START_SECONDS)];
  return (await pgCtl(binaries.pg_ctl, 'start', options, place, { account })).ok;
}

export async function stopServer(place: Place): Promise<void> {
  const running = await readPostmaster(place.data);
  const account = await serverAccount(place.data);
  const { pg_ctl } = await runnableBinaries(account);
  await pgCtl(pg_ctl, 'stop', ['-m', 'fast', '-t', String(STOP_SECONDS)], place, { account });
  // What counts is that it is gone, not who ended it.
  if (running && isSame(running, await readPostmaster(place.data))) {
    throw embeddedFailed(
      `The embedded database (process ${running.pid}) was told to stop and runs on. ${await logTail(place)}`,
      'Try again: tally db stop.',
    );
  }
}

/** What the server and pg_ctl said last, for a message. */
export async function logTail(place: Place): Promise<string> {
  const text = await readFile(place.log, 'utf8').catch(() => '');
  return text.trim() === '' ? `${place.log} is empty.` : `The end of ${place.log}:\n${lastLines(text)}`;
}

/**
 * The folder goes by PGDATA, because pg_ctl puts what it is given by -D or -l between bare quotes into a shell's
 * command. And the log is opened here and handed down, so that it can lie where the server's user may not go;
 * but not to the end of a link, which someone else may have laid.
 */
async function pgCtl(
  pg_ctl: string,
  verb: 'start' | 'stop',
  options: readonly string[],
  place: Place,
  manner: Manner,
): Promise<Outcome> {
  const env = { PGDATA: place.data };
  // Windows gives a program its own console, and so its peace from Ctrl+C, only if no file is handed down.
  if (process.platform === 'win32') {
    return run(pg_ctl, [verb, '-w', ...(verb === 'start' ? ['-l', place.log] : []), ...options], {
      ...manner,
      env,
    });
  }
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const log = await open(place.log, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600);
  try {
    return await run(pg_ctl, [verb, '-w', '-s', ...options], { ...manner, env, outputTo: log.fd });
  } finally {
    await log.close();
  }
}

/** Someone else may take it before the server does; then the start fails and is tried again with another. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
