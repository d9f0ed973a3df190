import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedFailed, sayingWhatFailed } from './failure.js';
import { join } from './join.js';
import { isKept, keep, unkeep } from './keep.js';
import { readPassword } from './password.js';
import { findPlace, isCluster } from './place.js';
import type { Place } from './place.js';
import { kindOfProcess, readPostmaster } from './postmaster.js';
import type { Postmaster } from './postmaster.js';
import { call, hangUp, leave } from './presence.js';
import { stopServer } from './server.js';

export interface EmbeddedConnection {
  /** Of the database `postgres`: the caller picks the name. */
  url: string;
  /** Close all other connections first: they would count as someone else's. */
  release(): Promise<'stopped' | 'in use' | 'kept'>;
}

export interface EmbeddedStatus {
  state: 'not created' | 'stopped' | 'running';
  kept: boolean;
  url?: string;
  dataDirectory: string;
}

const STOP_PATIENCE_MS = 60_000;

/** The workspace's own PostgreSQL: started if no one has, shared with every other process, stopped by the last. */
export function useEmbedded(workspace: string): Promise<EmbeddedConnection> {
  return sayingWhatFailed(async () => {
    const { place, presence } = await join(workspace);
    let left: ReturnType<EmbeddedConnection['release']> | undefined;
    return {
      url: await urlOf(place, presence.postmaster),
      release: () => (left ??= sayingWhatFailed(() => leave(place, presence))),
    };
  });
}

/** Starts it, and keeps it running without users until it is stopped. */
export function startEmbedded(workspace: string): Promise<string> {
  return sayingWhatFailed(async () => {
    const { place, presence } = await join(workspace);
    try {
      await keep(place, presence.postmaster);
      return await urlOf(place, presence.postmaster);
    } finally {
      await hangUp(presence.client);
    }
  });
}

/** Ends it, whoever uses it. */
export function stopEmbedded(workspace: string): Promise<'stopped' | 'not running'> {
  return sayingWhatFailed(async () => {
    for (const began = Date.now(); ; await sleep(100)) {
      const place = await findPlace(workspace);
      const postmaster = await readPostmaster(place.data);
      if (!postmaster) return 'not running';
      const answer = await call(place, postmaster);
      if (answer.is === 'ours') {
        await hangUp(answer.presence.client);
        await stopServer(place);
        await unkeep(place);
        return 'stopped';
      }
      if ((await kindOfProcess(postmaster.pid)) !== 'postgres') return 'not running';
      // The number may by now be that of a PostgreSQL that is none of our business.
      if (answer.is === 'another' || Date.now() - began > STOP_PATIENCE_MS) {
        throw embeddedFailed(
          `Process ${postmaster.pid} is a PostgreSQL, but does not prove to be the one of ${place.data}: ${answer.said}.`,
          'If it is, end it by hand.',
        );
      }
    }
  });
}

/** Starts and creates nothing. */
export function embeddedStatus(workspace: string): Promise<EmbeddedStatus> {
  return sayingWhatFailed(async () => {
    const place = await findPlace(workspace);
    const dataDirectory = place.data;
    if (!(await isCluster(place.data))) return { state: 'not created', kept: false, dataDirectory };
    const postmaster = await readPostmaster(place.data);
    if (!postmaster || !(await isRunning(place, postmaster))) {
      return { state: 'stopped', kept: false, dataDirectory };
    }
    const [kept, url] = await Promise.all([isKept(place, postmaster), urlOf(place, postmaster)]);
    return { state: 'running', kept, url, dataDirectory };
  });
}

async function isRunning(place: Place, postmaster: Postmaster): Promise<boolean> {
  const answer = await call(place, postmaster);
  if (answer.is === 'ours') await hangUp(answer.presence.client);
  return (
    answer.is === 'ours' ||
    (answer.is === 'not ready' && (await kindOfProcess(postmaster.pid)) === 'postgres')
  );
}

async function urlOf(place: Place, postmaster: Postmaster): Promise<string> {
  return `postgresql://tally:${await readPassword(place)}@127.0.0.1:${postmaster.port}/postgres`;
}
