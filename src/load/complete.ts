import { cancelOnAbort } from '../warehouse/cancel.js';
import { statement } from '../warehouse/statements.js';
import type { LoadContext } from './delivery.js';
import type { SecondConnection } from './second.js';
import { versionTable } from './tables.js';

/** Checks and analyzes a version, which reads it once more: a large one over the second connection, while the caller asks for its history. */
export async function completeVersion(
  context: LoadContext,
  loadId: string,
  second: SecondConnection,
): Promise<void> {
  const sql = statement('load/complete_version', { version: versionTable(loadId) });
  if (!second.client) {
    await context.client.query(sql);
    return;
  }
  const client = await second.client;
  const stopCancelling = cancelOnAbort({ ...context, client });
  try {
    await client.query(sql);
  } finally {
    await stopCancelling();
  }
}

/** Waits for both, even if one fails: neither may go on while the caller rolls back. */
export async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}
