import type { Kept } from '../../inbox/archive.js';
import { asFailure } from '../../load/result.js';
import type { Client } from '../../warehouse/connect.js';
import { unlock, waitForLock } from '../../warehouse/locks.js';
import { statement } from '../../warehouse/statements.js';
import { transaction } from '../../warehouse/transaction.js';
import { PACKING } from '../packing.js';
import { measure, sumOf, type Amount, type CleanContext, type Kind } from './kind.js';

/** So many files go at once, and so many at most are gone unsaid if the process dies: the next time finds that out. */
const AT_ONCE = 50;

interface ArchivedFile extends Kept, Amount {
  /** More than one where the same content lies there once for several. */
  deliveries: string[];
}

/** Files of the archive, with what lies beside them. Those of loads that readers see, or could see again, stay. */
export const archivedFiles: Kind = {
  what: 'archive',
  kept: 'archive',
  measure: (client, before) => measure(client, statement('clean/list_archived', { among: 'true' }), [before]),
  async clean(context, before) {
    const { client, config, signal } = context;
    const files = await listFiles(client, before);
    // What is being packed changes its name meanwhile.
    if (!(await waitForLock(client, PACKING, config.lockWaitSeconds, signal)))
      return { count: 0, bytes: 0, left: files.length };
    try {
      const removed: Amount[] = [];
      for (let from = 0, goesOn = true; from < files.length && goesOn; from += AT_ONCE) {
        const batch = files.slice(from, from + AT_ONCE);
        goesOn = await transaction(client, () => removeBatch(context, before, batch, removed));
        goesOn &&= !signal.aborted;
      }
      return { ...sumOf(removed), left: files.length - removed.length };
    } finally {
      await unlock(client, PACKING);
    }
  },
};

/** All that may go, or those of some deliveries. */
async function listFiles(client: Client, before: Date, deliveries?: string[]): Promise<ArchivedFile[]> {
  const among = deliveries ? statement('clean/among_deliveries') : 'true';
  const { rows } = await client.query<Omit<ArchivedFile, 'bytes'> & { bytes: string }>(
    statement('clean/list_archived', { among }),
    deliveries ? [before, deliveries] : [before],
  );
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }));
}

/**
 * The files go before the ledger says so: what a killed process has removed is still listed the next time, and to
 * remove what is gone does nothing. False where there is no use in trying more.
 */
async function removeBatch(
  { archive, client, clock, errors, log }: CleanContext,
  before: Date,
  batch: ArchivedFile[],
  removed: Amount[],
): Promise<boolean> {
  const deliveries = batch.flatMap((file) => file.deliveries);
  await client.query(statement('clean/lock_deliveries'), [deliveries]);
  // What has come again since it was listed is young.
  const files = await listFiles(client, before, deliveries);
  const tried = await Promise.allSettled(files.map((file) => archive.remove(file)));
  const gone = files.filter((_, index) => tried[index]!.status === 'fulfilled');
  await client.query(statement('clean/record_archive_cleaned'), [
    gone.flatMap((file) => file.deliveries),
    clock.now(),
  ]);
  removed.push(...gone);
  const failures = tried.flatMap((each) => (each.status === 'rejected' ? [asFailure(each.reason)] : []));
  for (const error of failures) log.warn('a file stays in the archive', { error });
  // One says it for all of them.
  if (failures[0] && errors.length === 0) errors.push(failures[0]);
  return !failures.some(({ code }) => code.startsWith('s3_'));
}
