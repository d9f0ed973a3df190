import { cancelOnAbort } from '../warehouse/cancel.js';
import { statement } from '../warehouse/statements.js';
import type { LoadContext } from './delivery.js';
import { versionTable } from './tables.js';

/** From here on a second look at the same time saves more than its connection costs. */
const MANY_ROWS = 250_000;

/**
 * Checks and analyzes a version, which reads it once more. If it is large, over a connection of its own: so a second
 * core does it while the caller asks the rows for their history.
 */
export async function completeVersion(context: LoadContext, loadId: string, rows: number): Promise<void> {
  const sql = statement('load/complete_version', { version: versionTable(loadId) });
  if (rows < MANY_ROWS) {
    await context.client.query(sql);
    return;
  }
  const client = await context.warehouse.connect('tally version');
  const stopCancelling = cancelOnAbort({ ...context, client });
  try {
    await client.query(sql);
  } finally {
    await stopCancelling();
    await client.end().catch(() => {});
  }
}

/** Waits for both, even if one fails: neither may go on while the caller rolls back. */
export async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}
