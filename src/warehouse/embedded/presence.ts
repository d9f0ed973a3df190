import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { codeOf, messageOf } from './failure.js';
import { isKept } from './keep.js';
import { readPassword } from './password.js';
import type { Place } from './place.js';
import { isSame, readPostmaster } from './postmaster.js';
import type { Postmaster } from './postmaster.js';
import { stopServer } from './server.js';

declare module 'pg' {
  interface Client {
    ref(): void;
    unref(): void;
  }
}

/*
 * Everyone who uses the server holds a connection with a shared lock on one number for as long as they use it;
 * who leaves last gets the lock for itself alone, and stops the server while holding it. PostgreSQL gives up the
 * locks of whoever crashes, so there is nothing of ours to go stale.
 */

const APPLICATION = 'tally presence';
const LOCK = 0x74616c6c79; // "tally"
const NEWCOMER_WAITS_MS = 60_000;

export interface Presence {
  client: pg.Client;
  postmaster: Postmaster;
}

export type Answer =
  | { is: 'ours'; presence: Presence }
  /** Someone answers, but not as the server of this folder. */
  | { is: 'another'; said: string }
  /** No one answers, or a server that is just starting or stopping. */
  | { is: 'not ready'; said: string };

/** Asks at the port that the server wrote down, without becoming one of its users yet. */
export async function call(place: Place, postmaster: Postmaster): Promise<Answer> {
  const client = new pg.Client({
    ...CONNECTION,
    port: postmaster.port,
    password: await readPassword(place),
  });
  // A server that goes away is noticed by the next query; an event that no one hears would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    const served = rows[0]!.data_directory;
    if (await isSameFolder(served, place.data)) return { is: 'ours', presence: { client, postmaster } };
    await hangUp(client);
    return { is: 'another', said: `it serves ${served}` };
  } catch (error) {
    await hangUp(client);
    return { is: isRefusal(error) ? 'another' : 'not ready', said: messageOf(error) };
  }
}

/** Becomes a user. Waits while someone is about to stop the server; false means that they did. */
export async function enter(place: Place, { client, postmaster }: Presence): Promise<boolean> {
  try {
    await client.query('select pg_advisory_lock_shared($1)', [LOCK]);
    // The lock may have come free because its holder was ended first in a shutdown that is about to reach us.
    const now = await readPostmaster(place.data);
    if (isSame(now, postmaster) && now?.status !== 'stopping') {
      // A command that has done its work may end without having to say so here.
      client.unref();
      return true;
    }
  } catch {
    // The connection is gone, and so is the server or will be.
  }
  await hangUp(client);
  return false;
}

/** Ends the use, and the server too if no one else needs it. */
export async function leave(
  place: Place,
  { client, postmaster }: Presence,
): Promise<'stopped' | 'in use' | 'kept'> {
  client.ref();
  try {
    if (await isKept(place, postmaster)) return 'kept';
    const last = await isLast(client).catch(() => undefined);
    if (last === undefined) return (await readPostmaster(place.data)) ? 'in use' : 'stopped';
    if (!last) return 'in use';
    // Someone may have asked for it meanwhile.
    if (await isKept(place, postmaster)) return 'kept';
    await stopServer(place);
    return 'stopped';
  } finally {
    await hangUp(client);
  }
}

/** Ends the connection, whatever state it is in. */
export async function hangUp(client: pg.Client): Promise<void> {
  client.ref();
  await client.end().catch(() => undefined);
}

const CONNECTION = {
  host: '127.0.0.1',
  user: 'tally',
  database: 'postgres',
  application_name: APPLICATION,
  ssl: false,
  connectionTimeoutMillis: 5000,
  lock_timeout: NEWCOMER_WAITS_MS,
} as const;

/** If so, it holds the lock alone when this returns. */
async function isLast(client: pg.Client): Promise<boolean> {
  await client.query('select pg_advisory_unlock_shared($1)', [LOCK]);
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LOCK]);
  if (!rows[0]!.mine) return false;
  // A connection that its user has just closed is still there for a moment.
  for (const pause of [0, 50, 100, 200]) {
    await sleep(pause);
    if (!(await areOthersConnected(client))) return true;
  }
  return false;
}

/** Other presences do not count: those of users hold the lock, the rest are coming or going. */
async function areOthersConnected(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ others: boolean }>(
    `select exists (
       select from pg_stat_activity where backend_type = 'client backend' and application_name <> $1
     ) as others`,
    [APPLICATION],
  );
  return rows[0]!.others;
}

/** By what they are, not by what they are called: the way there may differ (links, case). */
async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([
    stat(a, { bigint: true }).catch(codeOf),
    stat(b, { bigint: true }),
  ]);
  // A folder that was moved while its server ran is served under its old name.
  if (typeof one !== 'object') return one === 'ENOENT';
  return one.dev === other.dev && one.ino === other.ino;
}

/** The classes of the user, the password and the database: a server that is ours refuses none of these. */
function isRefusal(error: unknown): boolean {
  return /^(28|3D)/.test(codeOf(error) ?? '');
}
