import type { Feed } from '../../feeds/feed.js';
import type { Client } from '../../warehouse/connect.js';
import { selectInBatches } from '../../warehouse/rows.js';
import { quoteName, statement, type Word } from '../../warehouse/statements.js';
import { columnsOf, versionTable } from '../tables.js';

/** Two versions of an agency's rows, and how they are compared. */
export interface Pair {
  before: string;
  after: string;
  /** The columns that both have, but for what Tallyhouse adds itself: a row that only stands on another line is the same. */
  columns: string[];
  /** What tells one row from another; without it whole rows are compared, as often as they occur. */
  key: string[] | undefined;
}

export interface DiffCounts {
  rowsBefore: number;
  rowsAfter: number;
  added: number;
  removed: number;
  /** Null where there is no key by which a row could be known again. */
  changed: number | null;
}

/** A row that differs: its values as texts in the order of the columns, null on the side that lacks it. */
export interface ChangedRow {
  change: 'added' | 'removed' | 'changed';
  before: (string | null)[] | null;
  after: (string | null)[] | null;
}

const OWN_COLUMNS = ['agency', 'line_number', 'load_id'];

export async function pairOf(
  client: Client,
  before: string,
  after: string,
  key: string[] | undefined,
): Promise<Pair> {
  const [left, right] = [
    await columnsOf(client, versionTable(before)),
    await columnsOf(client, versionTable(after)),
  ];
  const columns = [...right.keys()].filter((name) => left.has(name) && !OWN_COLUMNS.includes(name));
  return { before, after, columns, key: key?.every((name) => columns.includes(name)) ? key : undefined };
}

export async function countDifferences(client: Client, pair: Pair): Promise<DiffCounts> {
  const sql = pair.key
    ? statement('diff/count_by_key', wordsOf(pair))
    : statement('diff/count_rows', wordsOf(pair));
  const { rows } = await client.query<Record<string, string | null>>(sql);
  const { rows_before: rowsBefore, rows_after: rowsAfter, added, removed, changed } = rows[0]!;
  return {
    rowsBefore: Number(rowsBefore),
    rowsAfter: Number(rowsAfter),
    added: Number(added),
    removed: Number(removed),
    changed: changed === null ? null : Number(changed),
  };
}

/** The rows that differ, in the order of the key or of their columns; some hundreds at a time. */
export async function* listDifferences(
  client: Client,
  pair: Pair,
  limit: number | undefined,
): AsyncGenerator<ChangedRow[]> {
  const sql = pair.key
    ? statement('diff/list_by_key', wordsOf(pair))
    : statement('diff/list_rows', wordsOf(pair));
  for await (const { rows } of selectInBatches(client, sql, [limit ?? null])) {
    yield (rows as [ChangedRow['change'], string | null, string | null][]).map(([change, before, after]) => ({
      change,
      before: before === null ? null : (JSON.parse(before) as ChangedRow['before']),
      after: after === null ? null : (JSON.parse(after) as ChangedRow['after']),
    }));
  }
}

/** Writes into the ledger how the version of a load differs from the one that it takes the place of. */
export async function recordDifferences(
  client: Client,
  feed: Feed,
  before: string,
  after: string,
): Promise<void> {
  const counts = await countDifferences(client, await pairOf(client, before, after, feed.key));
  const values = [after, before, counts.added, counts.removed, counts.changed];
  await client.query(statement('diff/record_counts'), values);
}

function wordsOf({ before, after, columns, key = [] }: Pair): Record<string, Word> {
  const of = (side: string, names: string[], cast = '') =>
    names.map((name) => `${side}.${quoteName(name)}${cast}`).join(', ');
  const others = columns.filter((name) => !key.includes(name));
  return {
    before: versionTable(before),
    after: versionTable(after),
    columns,
    key,
    differs:
      others.length === 0
        ? 'false'
        : `row(${of('before', others)}) is distinct from row(${of('after', others)})`,
    texts_before: of('before', columns, '::text'),
    texts_after: of('after', columns, '::text'),
    texts: of('row', columns, '::text'),
  };
}
