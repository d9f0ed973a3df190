import { TallyError } from '../../errors.js';
import { hasLoadIds } from '../../feeds/feed.js';
import { quoteName, statement } from '../../warehouse/statements.js';
import { agencyTable, columnsOf, filledColumns, versionTable } from '../tables.js';
import type { Comparison } from './context.js';
import type { Rows } from './digest.js';
import { rowText, textsOf } from './rows.js';

/** Where the rows of a load are now; undefined where the warehouse has none of it any more. */
export function rowsOf({ subject, feed, agency }: Comparison): Rows | undefined {
  const { loadId, versionState, outcome } = subject;
  if (versionState !== null) return { table: versionTable(loadId), condition: 'true' };
  if (!hasLoadIds(feed) || outcome !== 'loaded') return undefined;
  return { table: agencyTable(feed, agency), condition: `load_id = ${loadId}` };
}

/** A table that is filled by several loads is asked for keys; without it, or without a column, nothing can be. */
export async function requireTable({ client, feed, agency }: Comparison): Promise<void> {
  if (!hasLoadIds(feed)) return;
  const table = agencyTable(feed, agency);
  const present = await columnsOf(client, table);
  if (present.size === 0) throw new TallyError('warehouse_differs', `There is no table ${table.name}.`);
  const absent = ['load_id', ...filledColumns(feed)].find((column) => !present.has(column));
  if (absent !== undefined)
    throw new TallyError('warehouse_differs', `The table ${table.name} has no column ${absent}.`);
}

/** The columns that can be compared; one that the table lacks is a difference itself. */
export async function comparableColumns(
  { client, feed, differences }: Comparison,
  { table }: Rows,
): Promise<string[]> {
  const present = await columnsOf(client, table);
  return filledColumns(feed).filter((column) => {
    if (present.has(column)) return true;
    differences.add('table', `The table ${table.name} has no column ${column}.`);
    return false;
  });
}

/** What readers see must be the version that the ledger calls live, and nothing beside it. */
export async function compareVersion({
  client,
  subject,
  feed,
  agency,
  differences,
}: Comparison): Promise<void> {
  const { loadId, versionState } = subject;
  if (versionState !== 'live') return;
  const table = agencyTable(feed, agency);
  const { rows } = await client.query<{ name: string }>(statement('load/list_agency_tables'), [
    quoteName(table),
  ]);
  const names = rows.map((row) => row.name).join(', ');
  const expected = versionTable(loadId).name;
  if (names === expected) return;
  const message = `the table ${table.name} consists of ${names || 'no version'}; expected ${expected}, which the ledger says is live`;
  differences.add('table', message);
}

/** Rows of a table that no load has brought; told with the last load, because they belong to none. */
export async function findForeignRows(
  { client, subject, feed, agency, differences }: Comparison,
  columns: string[],
): Promise<void> {
  const { isLast, outcome } = subject;
  if (!isLast || outcome !== 'loaded' || !hasLoadIds(feed)) return;
  const table = agencyTable(feed, agency);
  const { rows } = await client.query<{ load_id: string; texts: (string | null)[]; total: string }>(
    statement('verify/show_foreign_rows', { table, texts: textsOf(columns) }),
    [feed.name, agency, differences.limit],
  );
  for (const { load_id: loadId, texts } of rows) {
    const message = `the table has a row of load ${loadId}, which has brought no rows to it`;
    differences.add('row', message, { row: rowText(texts) });
  }
  differences.addUnseen(Number(rows[0]?.total ?? 0) - rows.length);
}
