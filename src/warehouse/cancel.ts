import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Warehouse } from './connect.js';
import { statement } from './statements.js';

const AGAIN_MS = 500;

/**
 * Ctrl+C must not wait for a statement that takes long: the server is asked to end it, and asked again, because the
 * first word may have come between two statements. When the function that is returned is done, nothing that the
 * client says afterwards will be cancelled.
 */
export function cancelOnAbort(context: {
  client: Client;
  warehouse: Pick<Warehouse, 'connect'>;
  signal: AbortSignal;
}): () => Promise<void> {
  const { client, warehouse, signal } = context;
  const done = new AbortController();
  let asking: Promise<void> | undefined;
  const onAbort = () => {
    asking = askToCancel(client, warehouse, done.signal).catch(() => {});
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return async () => {
    signal.removeEventListener('abort', onAbort);
    done.abort();
    await asking;
  };
}

async function askToCancel(
  client: Client,
  warehouse: Pick<Warehouse, 'connect'>,
  done: AbortSignal,
): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  const other = await warehouse.connect('tally cancel');
  try {
    // A connection may be cancelled by its login, not by the role that both have taken.
    await other.query(statement('warehouse/reset_role'));
    while (!done.aborted) {
      await other.query(statement('warehouse/cancel'), [processID]);
      await sleep(AGAIN_MS, undefined, { signal: done });
    }
  } finally {
    await other.end();
  }
}
