import { stringify } from 'csv-stringify/sync';
import type { Batch } from '../warehouse/rows.js';

/** What the manifest tells of the rows. */
export interface Told {
  rows: number;
  /** Of each row its first column, and those whose names begin with _. */
  lines: Record<string, unknown>[];
}

/** Rows as CSV; what the manifest wants to know of them goes into `told`. */
export async function* csvTexts(batches: AsyncIterable<Batch>, told: Told): AsyncGenerator<string> {
  let isFirst = true;
  for await (const { columns, rows } of batches) {
    const shown = columns.flatMap((column, index) => (column.name.startsWith('_') ? [] : [index]));
    const titles = shown.map((index) => columns[index]!.name);
    const isText = shown.map((index) => columns[index]!.isText);
    if (isFirst) yield csvText([titles], []);
    isFirst = false;
    const cells = rows.map((row) => shown.map((index) => row[index]));
    yield csvText(cells, isText);
    told.rows += rows.length;
    if (shown.length < columns.length) {
      told.lines.push(...rows.map((row) => manifestLine(columns, row, shown[0]!)));
    }
  }
}

/**
 * A text that a spreadsheet would take for a formula is kept from being one; a number is left alone. Only a value that is an
 * exception is given options of its own: csv-stringify puts them in order anew for each, which took most of the time.
 */
function csvText(rows: unknown[][], isText: boolean[]): string {
  return stringify(rows, {
    record_delimiter: '\n',
    escape_formulas: true,
    cast: {
      string: (value, { index }) =>
        isText[index] || !value.startsWith('-') ? value : { value, escape_formulas: false },
    },
  });
}

function manifestLine(columns: Batch['columns'], row: unknown[], first: number): Record<string, unknown> {
  const line: Record<string, unknown> = { [columns[first]!.name]: row[first] };
  columns.forEach(({ name, isText }, index) => {
    if (name.startsWith('_')) line[name.slice(1)] = isText ? row[index] : numberIfWhole(row[index]);
  });
  return line;
}

/** Values come as PostgreSQL writes them; in JSON the number of a load is a number. */
function numberIfWhole(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
