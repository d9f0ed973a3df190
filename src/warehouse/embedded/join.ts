import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedFailed, hintFor } from './failure.js';
import { findPlace } from './place.js';
import type { Place } from './place.js';
import { kindOfProcess, readPostmaster, removeStale } from './postmaster.js';

import { call, enter } from './presence.js';
import type { Presence } from './presence.js';
import { logTail, startServer } from './server.js';

/** As long as a server may take to stop. */
const PATIENCE_MS = 120_000;
/** After a crash PostgreSQL goes through up to `max_wal_size` of log before it answers. */
const RECOVERY_PATIENCE_MS = 600_000;
const PAUSE_MS = 100;
const FAILED_STARTS = 4;

/**
 * Becomes a user of the workspace's server, and starts one if there is none. Many may do so at once, and others
 * may be stopping it; so this looks again after everything that happens, and believes nothing but a connection.
 */
export async function join(workspace: string): Promise<{ place: Place; presence: Presence }> {
  const began = Date.now();
  let patience = PATIENCE_MS;
  let failedStarts = 0;
  let said = '';
  while (failedStarts < FAILED_STARTS && Date.now() - began < patience) {
    const place = await findPlace(workspace);
    const postmaster = await readPostmaster(place.data);
    if (postmaster && postmaster.port > 0) {
      const answer = await call(place, postmaster);
      if (answer.is === 'ours') {
        if (await enter(place, answer.presence)) return { place, presence: answer.presence };
      } else {
        said = `Process ${postmaster.pid} should answer on port ${postmaster.port}: ${answer.said}. `;
      }
      const kind = await kindOfProcess(postmaster.pid);
      if (kind === 'postgres' && answer.is !== 'another') {
        if (postmaster.status === 'starting') patience = RECOVERY_PATIENCE_MS;
        failedStarts = 0; // lost to someone else's start, then
        await sleep(PAUSE_MS);
        continue;
      }
      // PostgreSQL takes away the file of a process that has ended, but not of one whose number another has now.
      if (kind === 'other') await removeStale(place.data, postmaster);
    }
    if (await startServer(workspace)) continue;
    // The port may have been lost to someone else, or the last processes of a crashed server are still ending.
    await sleep(1000 * failedStarts);
    failedStarts += 1;
  }
  throw await startFailed(workspace, said);
}

async function startFailed(workspace: string, said: string): Promise<Error> {
  const place = await findPlace(workspace);
  const postmaster = await readPostmaster(place.data);
  const tail = await logTail(place);
  const hint = postmaster
    ? `If no PostgreSQL runs on that folder (it may be a copy of another workspace), delete ${place.data}/postmaster.pid.`
    : hintFor(tail);
  return embeddedFailed(`The embedded database in ${place.data} does not start. ${said}${tail}`, hint);
}
