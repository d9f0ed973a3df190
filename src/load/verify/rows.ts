import type { Client } from '../../warehouse/connect.js';
import { quoteName, statement } from '../../warehouse/statements.js';
import { shown } from '../check/reasons.js';
import type { Comparison } from './context.js';
import type { Rows } from './digest.js';
import type { ColumnDifference, Differences } from './verification.js';

type Texts = (string | null)[];

interface Missing {
  line: number;
  texts: Texts;
}

interface Extra {
  /** The how manieth row with these values it is. */
  occurrence: number;
  texts: Texts;
}

/** So many of each side are looked at to tell which rows belong together. */
const LOOKED_AT = 200;

/**
 * Compares expected_row with the rows of a table, all of them or those of some parts of the digest, and names what
 * differs. A row that was changed is told with its line and columns, although many tables know no lines.
 */
export async function compareRows(
  { client, differences }: Comparison,
  rows: Rows,
  columns: string[],
  parts: string[] | null,
): Promise<void> {
  const words = { table: rows.table, condition: rows.condition, columns };
  await client.query(statement('verify/find_row_differences', words), [parts]);
  const { rows: counts } = await client.query<{ missing: string; extra: string }>(
    statement('verify/count_row_differences'),
  );
  const missingCount = Number(counts[0]!.missing);
  const extraCount = Number(counts[0]!.extra);
  if (missingCount + extraCount === 0) return;

  const looked = Math.max(LOOKED_AT, differences.limit);
  const missing = await showMissing(client, columns, looked);
  const extra = await showExtra(client, rows, columns, looked);
  const before = differences.count;
  for (const [lost, found] of pairs(missing, extra, columns)) tell(differences, columns, lost, found);
  // Where not all were looked at, rows on both sides are taken for pairs.
  const isAll = missingCount <= looked && extraCount <= looked;
  const total = isAll ? 0 : Math.max(missingCount, extraCount);
  differences.addUnseen(Math.max(0, total - (differences.count - before)));
}

export function textsOf(columns: string[]): string {
  return columns.map((column) => `row.${quoteName(column)}::text`).join(', ');
}

async function showMissing(client: Client, columns: string[], limit: number): Promise<Missing[]> {
  const { rows } = await client.query<{ line_number: string; texts: Texts }>(
    statement('verify/show_missing_rows', { texts: textsOf(columns) }),
    [limit],
  );
  return rows.map((row) => ({ line: Number(row.line_number), texts: row.texts }));
}

async function showExtra(
  client: Client,
  { table }: Rows,
  columns: string[],
  limit: number,
): Promise<Extra[]> {
  const { rows } = await client.query<{ occurrence: string; texts: Texts }>(
    statement('verify/show_extra_rows', { table, texts: textsOf(columns) }),
    [limit],
  );
  return rows.map((row) => ({ occurrence: Number(row.occurrence), texts: row.texts }));
}

/** Each missing row with the extra row that is most like it: of the same line where there are lines. */
function pairs(
  missing: Missing[],
  extra: Extra[],
  columns: string[],
): [Missing | undefined, Extra | undefined][] {
  const candidates = missing.flatMap((lost) =>
    extra.map((found) => ({ lost, found, alike: likeness(lost.texts, found.texts, columns) })),
  );
  // As many rows as ever: then they were changed, even those that have nothing in common any more.
  const wereChanged = missing.length === extra.length;
  // Sorting is stable: of those that are equally alike, the first lines get the first rows.
  candidates.sort((a, b) => b.alike - a.alike);
  const partners = new Map<Missing, Extra>();
  const taken = new Set<Extra>();
  for (const { lost, found, alike } of candidates) {
    if ((alike === 0 && !wereChanged) || partners.has(lost) || taken.has(found)) continue;
    partners.set(lost, found);
    taken.add(found);
  }
  return [
    ...missing.map((lost): [Missing, Extra | undefined] => [lost, partners.get(lost)]),
    ...extra.flatMap((found): [undefined, Extra][] => (taken.has(found) ? [] : [[undefined, found]])),
  ];
}

/** How many columns are the same; where that is equal, the first ones tell rows apart best. */
function likeness(left: Texts, right: Texts, columns: string[]): number {
  let alike = 0;
  columns.forEach((column, i) => {
    if (left[i] !== right[i]) return;
    alike += column === 'line_number' ? columns.length : 1 + 1 / (2 + i) ** 2;
  });
  return alike;
}

function tell(
  differences: Differences,
  names: string[],
  missing: Missing | undefined,
  extra: Extra | undefined,
): void {
  if (!missing) {
    const { occurrence, texts } = extra!;
    const message =
      occurrence > 1
        ? `the table has a row ${occurrence} times, more often than the file`
        : 'the table has a row that is not in the file';
    return differences.add('row', message, { row: rowText(texts) });
  }
  const { line, texts } = missing;
  if (!extra) return differences.add('row', `line ${line} is not in the table`, { line });
  const columns = names.flatMap((column, i): ColumnDifference[] => {
    const [expected, found] = [texts[i] ?? null, extra.texts[i] ?? null];
    return expected === found ? [] : [{ column, ...differing(expected, found) }];
  });
  const what = columns.map(
    ({ column, expected, found }) => `${column}: expected ${quoted(expected)}, found ${quoted(found)}`,
  );
  differences.add('row', `line ${line}: ${what.join('; ')}`, { line, columns });
}

/** The values of a row as one reads them. */
export function rowText(texts: Texts): string {
  return shown(texts.map((text) => text ?? '').join(','));
}

const SHOWN_BEFORE = 40;

/** Long values are shown from where they begin to differ. */
function differing(
  expected: string | null,
  found: string | null,
): Pick<ColumnDifference, 'expected' | 'found'> {
  if (expected === null || found === null)
    return { expected: shownOrNull(expected), found: shownOrNull(found) };
  let same = 0;
  while (same < expected.length && expected[same] === found[same]) same++;
  const from = Math.max(0, same - SHOWN_BEFORE);
  const part = (text: string) => (from === 0 ? shown(text) : shown(`…${text.slice(from)}`));
  return { expected: part(expected), found: part(found) };
}

function shownOrNull(text: string | null): string | null {
  return text === null ? null : shown(text);
}

function quoted(text: string | null): string {
  return text === null ? 'no value' : `\`${text}\``;
}
