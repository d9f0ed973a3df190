import { TallyError } from '../../errors.js';
import { rowEncoding } from '../../feeds/feed.js';
import { cancelOnAbort } from '../../warehouse/cancel.js';
import { sqlState } from '../../warehouse/failure.js';
import { statement } from '../../warehouse/statements.js';
import { transaction } from '../../warehouse/transaction.js';
import type { Delivery } from '../delivery.js';
import { columnDefinition, filledColumns } from '../tables.js';
import type { Comparison, VerifyContext } from './context.js';
import { addCorrected, compareCorrections } from './corrections.js';
import { differingParts, digestOf, EXPECTED } from './digest.js';
import { RecordedInvalidRows } from './invalid.js';
import { comparableColumns, compareVersion, findForeignRows, requireTable, rowsOf } from './place.js';
import { readAgain } from './read.js';
import { compareRows } from './rows.js';
import { findSubject, type Subject } from './subject.js';
import { compareSetAside, leaveOutOverwritten, setAside } from './uniqueness.js';
import type { Counted, Differences } from './verification.js';

/** What can be told of a load whose file could be read. */
export interface Compared {
  counted: Counted;
  fileDigest: string | null;
  tableDigest: string | null;
  /** Why the rows themselves could not be compared. */
  obstacle: TallyError | undefined;
}

/**
 * Compares a delivery with what the warehouse has of its load, in one snapshot that is read only. The table of the
 * rows is touched last, because from then on nothing can be published in its place until this is done.
 */
export async function compare(
  context: VerifyContext,
  { loadId, invalidCleanedAt }: Subject,
  delivery: Delivery,
  rowForRow: boolean,
  differences: Differences,
): Promise<Compared> {
  const { client, config, warehouse } = context;
  const { feed, agency } = delivery;
  const columns = feed.columns.map(columnDefinition).join(', ');
  const other = await warehouse.connect('tally verify');
  const stopCancelling = cancelOnAbort(context);
  const isCleaned = invalidCleanedAt !== null;
  const recorded = new RecordedInvalidRows(other, { loadId, isCleaned }, rowEncoding(feed), differences);
  try {
    await client.query(statement('verify/create_tables', { columns }));
    return await transaction(client, async () => {
      await client.query(statement('verify/take_snapshot'));
      await client.query(statement('load/tune_transaction'));
      await client.query(statement('load/set_time_zone', { zone: agency.timeZone ?? config.timeZone }));
      const subject = await findSubject(client, loadId);
      const comparison = { client, subject, feed, agency: agency.key, differences };
      await requireTable(comparison);
      const read = await readAgain(context, delivery, recorded);
      await recorded.finish();
      await client.query(statement('verify/analyze_expected'));
      const counted = await compareKeysAndCounts(comparison, { ...read, rowsInvalid: recorded.invalid });
      return { counted, ...(await compareValidRows(comparison, rowForRow)) };
    });
  } finally {
    await stopCancelling();
    await recorded.close().catch(() => {});
    await other.end().catch(() => {});
    await client.query(statement('verify/drop_tables')).catch(() => {});
  }
}

const COUNTS = { rowsRead: 'read', rowsLoaded: 'loaded', rowsInvalid: 'invalid', rowsRepeated: 'repeated' };

/** Takes out of expected_row what repeats a key, and holds what is counted then against the ledger. */
async function compareKeysAndCounts(
  comparison: Comparison,
  read: { rowsRead: number; rowsValid: number; rowsInvalid: number },
): Promise<Counted> {
  const { subject, differences } = comparison;
  const aside = await setAside(comparison);
  const isCleaned = subject.invalidCleanedAt !== null;
  if (!isCleaned) await compareSetAside(comparison);
  const counted: Counted = {
    rowsRead: read.rowsRead,
    rowsLoaded: read.rowsValid - aside.invalid,
    rowsInvalid: read.rowsInvalid + aside.invalid,
    rowsRepeated: aside.repeated,
  };
  for (const [key, word] of Object.entries(COUNTS) as [keyof Counted, string][]) {
    if (counted[key] === subject[key]) continue;
    const message = `the ledger counts ${subject[key]} rows as ${word}; by the file they are ${counted[key]}`;
    differences.add('ledger', message);
  }
  if (!isCleaned) await compareCorrections(comparison);
  return counted;
}

async function compareValidRows(
  comparison: Comparison,
  rowForRow: boolean,
): Promise<Omit<Compared, 'counted'>> {
  const { client, subject, feed } = comparison;
  await addCorrected(comparison);
  await leaveOutOverwritten(comparison);
  const rows = rowsOf(comparison);
  if (!rows) {
    const { text } = await digestOf(client, EXPECTED, filledColumns(feed));
    return { fileDigest: text, tableDigest: null, obstacle: rowsGone(subject) };
  }
  try {
    await compareVersion(comparison);
    const columns = await comparableColumns(comparison, rows);
    const expected = await digestOf(client, EXPECTED, columns);
    const found = await digestOf(client, rows, columns);
    const parts = differingParts(expected, found);
    if (rowForRow || parts.length > 0) await compareRows(comparison, rows, columns, rowForRow ? null : parts);
    await findForeignRows(comparison, columns);
    return { fileDigest: expected.text, tableDigest: found.text, obstacle: undefined };
  } catch (error) {
    // 42P01: its version was dropped after the snapshot was taken.
    if (sqlState(error) !== '42P01') throw error;
    return { fileDigest: null, tableDigest: null, obstacle: rowsGone(subject) };
  }
}

function rowsGone({ loadId }: Subject): TallyError {
  return new TallyError(
    'not_verifiable',
    `The rows of load ${loadId} are no longer in the warehouse; its file, counts and invalid rows are as they were.`,
    { hint: 'How many versions before the live one are kept: TALLY_KEEP_VERSIONS.' },
  );
}
