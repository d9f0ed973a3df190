import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import {
  countDifferences,
  listDifferences,
  pairOf,
  type ChangedRow,
  type DiffCounts,
} from '../load/diff/compare.js';
import { findPair, type DiffSubject } from '../load/diff/subject.js';
import { cancelOnAbort } from '../warehouse/cancel.js';
import { sqlState } from '../warehouse/failure.js';
import { statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import { askLedger } from './status.js';

export interface Diff extends DiffCounts {
  after: DiffSubject;
  before: DiffSubject;
  columns: string[];
  key: string[] | undefined;
}

/** Says what a load has changed: the counts first, then, if they are wanted, the rows. */
export async function diffLoads(
  config: Config,
  asked: { load: string; against: string | undefined; limit: number | undefined },
  watching: {
    signal: AbortSignal;
    counted(diff: Diff): void;
    rows?: ((rows: ChangedRow[]) => Promise<void>) | undefined;
  },
): Promise<void> {
  const { signal } = watching;
  await askLedger(config, async (client, warehouse) => {
    const stopCancelling = cancelOnAbort({ client, warehouse, signal });
    try {
      await transaction(client, async () => {
        // Counts and rows are of one moment.
        await client.query(statement('verify/take_snapshot'));
        await client.query(statement('load/tune_transaction'));
        const { after, before } = await findPair(client, asked.load, asked.against, config.keepVersions);
        const pair = await pairOf(client, before.loadId, after.loadId, after.key);
        const counts = await countDifferences(client, pair);
        watching.counted({ ...counts, after, before, columns: pair.columns, key: pair.key });
        if (!watching.rows) return;
        for await (const rows of listDifferences(client, pair, asked.limit)) await watching.rows(rows);
      });
    } catch (error) {
      if (signal.aborted && sqlState(error) === '57014') throw interrupted();
      if (sqlState(error) === '42P01') throw gone();
      throw error;
    } finally {
      await stopCancelling();
    }
  });
}

function interrupted(): TallyError {
  return new TallyError('interrupted', 'Interrupted. A comparison changes nothing, so nothing is lost.');
}

function gone(): TallyError {
  return new TallyError('not_comparable', 'One of the versions was dropped at this moment.', {
    hint: 'A load has just taken its place: tally loads shows it.',
  });
}
