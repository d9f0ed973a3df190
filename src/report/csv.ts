import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { Client } from '../warehouse/connect.js';
import { selectInBatches, type Batch } from '../warehouse/rows.js';

export interface WrittenCsv {
  rows: number;
  sha256: string;
  /** What the manifest tells of each row: its first column, and those whose names begin with _. */
  lines: Record<string, unknown>[];
}

/** Writes what a select returns to a file, at any size in the same memory. */
export async function writeCsv(
  client: Client,
  select: string,
  values: unknown[],
  path: string,
): Promise<WrittenCsv> {
  const file = createWriteStream(path, { flush: true });
  const closed = new Promise<void>((resolve) => void file.once('close', () => resolve()));
  try {
    return await writeRows(selectInBatches(client, select, values), file);
  } catch (error) {
    // It may still be about to be made, and what is made after this could not be taken away.
    file.destroy();
    await closed;
    throw error;
  }
}

async function writeRows(batches: AsyncIterable<Batch>, file: WriteStream): Promise<WrittenCsv> {
  const hash = createHash('sha256');
  const failed = once(file, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const written: WrittenCsv = { rows: 0, sha256: '', lines: [] };
  const write = async (text: string) => {
    hash.update(text);
    if (!file.write(text)) await Promise.race([once(file, 'drain'), failed]);
  };
  let isFirst = true;
  for await (const { columns, rows } of batches) {
    const shown = columns.flatMap((column, index) => (column.name.startsWith('_') ? [] : [index]));
    const titles = shown.map((index) => columns[index]!.name);
    const isText = shown.map((index) => columns[index]!.isText);
    if (isFirst) await write(csvText([titles], []));
    isFirst = false;
    const cells = rows.map((row) => shown.map((index) => row[index]));
    await write(csvText(cells, isText));
    written.rows += rows.length;
    if (shown.length < columns.length) {
      written.lines.push(...rows.map((row) => manifestLine(columns, row, shown[0]!)));
    }
  }
  file.end();
  await Promise.race([once(file, 'close'), failed]);
  return { ...written, sha256: hash.digest('hex') };
}

/** A text that a spreadsheet would take for a formula is kept from being one; a number is left alone. */
function csvText(rows: unknown[][], isText: boolean[]): string {
  return stringify(rows, {
    record_delimiter: '\n',
    cast: {
      string: (value, { index }) => ({ value, escape_formulas: isText[index] ?? false }),
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
