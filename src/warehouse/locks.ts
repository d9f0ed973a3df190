import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './connect.js';
import { prepared } from './statements.js';

/**
 * Advisory locks: PostgreSQL gives them back by itself when their holder is gone, however it went. That is how
 * a load that died is told from one that is going on.
 */
export async function tryLock(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(prepared('warehouse/try_lock', [name]));
  return rows[0]!.locked;
}

/** What fails here is not told: a connection that is lost has given its locks back, and what ended it is told already. */
export async function unlock(client: Client, name: string): Promise<void> {
  await client.query(prepared('warehouse/unlock', [name])).catch(() => {});
}

/** Asks again until it is granted or the time is over. */
export async function waitForLock(
  client: Client,
  name: string,
  seconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await tryLock(client, name)) return true;
    if (Date.now() >= end || signal?.aborted) return false;
    await sleep(200);
  }
}
