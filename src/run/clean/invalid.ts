import { TallyError } from '../../errors.js';
import { inLane } from '../../load/mend/lane.js';
import type { Client } from '../../warehouse/connect.js';
import { sqlState } from '../../warehouse/failure.js';
import { statement } from '../../warehouse/statements.js';
import { measure, sumOf, type Amount, type CleanContext, type Kind } from './kind.js';

/** Loads without a table of their own have 1 MiB of invalid rows at most: so many of them make a short transaction. */
const LOADS_AT_ONCE = 100;

/** A load and its invalid rows. */
interface Load extends Amount {
  load_id: string;
  feed: string;
  agency: string;
  has_own_table: boolean;
}

/** Rows of file_invalid_rows of loads that nobody can go back to. The counts stay. */
export const invalidRows: Kind = {
  what: 'invalid_rows',
  kept: 'invalid',
  measure: (client, before) => measure(client, statement('clean/list_invalid'), [before, null]),
  async clean(context, before) {
    const { client, signal } = context;
    const loads = await listLoads(client, before, null);
    const cleaned: Amount[] = [];
    for (const batch of batchesOf(loads)) {
      if (signal.aborted) break;
      cleaned.push(...(await cleanBatch(context, before, batch)));
    }
    const done = sumOf(cleaned);
    return { ...done, left: sumOf(loads).count - done.count };
  },
};

async function listLoads(client: Client, before: Date, loadIds: string[] | null): Promise<Load[]> {
  const { rows } = await client.query<Omit<Load, 'count' | 'bytes'> & { count: string; bytes: string }>(
    statement('clean/list_invalid'),
    [before, loadIds],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count), bytes: Number(row.bytes) }));
}

/** Loads of one feed and agency together, one with a table of its own alone; they come in their order. */
function batchesOf(loads: Load[]): Load[][] {
  const batches: Load[][] = [];
  for (const load of loads) {
    const last = batches.at(-1);
    const first = last?.[0];
    const fits =
      first?.feed === load.feed &&
      first.agency === load.agency &&
      !first.has_own_table &&
      !load.has_own_table &&
      last!.length < LOADS_AT_ONCE;
    if (fits) last!.push(load);
    else batches.push([load]);
  }
  return batches;
}

/** In their lane, so that nobody corrects them meanwhile. Where someone is at them they are left. */
async function cleanBatch(context: CleanContext, before: Date, batch: Load[]): Promise<Load[]> {
  const { client, clock } = context;
  try {
    return await inLane(context, batch[0]!, async () => {
      const loads = await listLoads(
        client,
        before,
        batch.map((load) => load.load_id),
      );
      const [own, shared] = [true, false].map((isOwn) =>
        loads.filter((load) => load.has_own_table === isOwn),
      );
      for (const { load_id: loadId } of own!) {
        const table = { schema: 'tally_version', name: `invalid_${loadId}` };
        const words = { table, load_id: loadId, now: clock.now().toISOString() };
        await client.query(statement('clean/drop_invalid_table', words));
      }
      const ids = shared!.map((load) => load.load_id);
      await client.query(statement('clean/delete_invalid_rows'), [ids, clock.now()]);
      return loads;
    });
  } catch (error) {
    const isBusy = error instanceof TallyError && error.code === 'load_busy';
    if (isBusy || sqlState(error) === '55P03') return [];
    throw error;
  }
}
