import type { Content, Reading } from '../../src/content/content.js';
import { refuseUtf16 } from '../../src/content/utf16.js';
import { rowEncoding, type Feed } from '../../src/feeds/feed.js';
import { compileRows, type RowCheck } from '../../src/load/check/rows.js';
import { encode } from '../../src/load/check/texts.js';
import { INVALID } from '../../src/load/check/verdict.js';
import type { Header } from '../../src/load/read/header.js';
import { readRows } from '../../src/load/read/read.js';
import { Scanner } from '../../src/load/read/scan.js';

/** A row as Tallyhouse reads and judges it. */
export interface ActualRow {
  line: number;
  raw: string;
  reasons: string[];
}

export interface Actual {
  rows: ActualRow[];
  header: Header;
}

/** Reads and judges a file as a load does, without a database; what refuses the file is thrown. */
export async function readActual(
  feed: Feed,
  file: Buffer,
  maxRowBytes: number,
  reads: readonly number[] = [],
): Promise<Actual> {
  let header: Header | undefined;
  let check: RowCheck | undefined;
  const rows: ActualRow[] = [];
  refuseUtf16(file, feed.encoding);
  await readRows(contentOf(file, reads, feed.header === 'required' ? 0 : 1), feed, maxRowBytes, {
    header(found) {
      header = found;
      check = compileRows(feed, found);
    },
    row(row) {
      const raw = row.bytes.toString('latin1', row.start, row.end);
      const reasons = check!.check(row) === INVALID ? reasonsOf(check!.reasons(row)) : [];
      rows.push({ line: row.line, raw, reasons });
    },
    afterBlock: () => Promise.resolve(),
  });
  return { rows, header: header! };
}

export function reasonsOf(reasons: readonly { column: string | null; rule: string }[]): string[] {
  if (reasons.length === 0) throw new Error('a row is invalid without a reason');
  return reasons.map(({ column, rule }) => `${column}:${rule}`);
}

/**
 * As a file that is open: it gives as many bytes at a time as `reads` says, but all at once to those who look at its
 * beginning first.
 */
function contentOf(bytes: Buffer, reads: readonly number[], looks: number): Content {
  let begun = 0;
  const begin = (): Reading => {
    const sizes = begun++ < looks ? [] : [...reads];
    let position = 0;
    return {
      get position() {
        return position;
      },
      read(into, offset, length) {
        const most = Math.min(length, sizes.shift() ?? length);
        const read = bytes.copy(into, offset, position, Math.min(bytes.length, position + most));
        position += read;
        return Promise.resolve(read);
      },
      close: () => Promise.resolve(),
    };
  };
  return { name: 'things.csv', begin } as unknown as Content;
}

/**
 * What the scanner finds in a file that comes in blocks with these borders: all that it says of each row, as
 * numbers. `widths` are the numbers of fields expected of the first row and of the others.
 */
export function scanActual(
  feed: Feed,
  file: Buffer,
  maxRowBytes: number,
  widths: readonly [first: number, others: number],
  borders: readonly number[],
): number[] {
  const found: number[] = [];
  let base = 0;
  const dialect = {
    delimiter: encode(feed.delimiter, rowEncoding(feed))!,
    quote: feed.quote.charCodeAt(0),
    comment: feed.comment === undefined ? undefined : encode(feed.comment, rowEncoding(feed))!,
    maxRowBytes,
  };
  const scanner = new Scanner(dialect, (row) => {
    scanner.expected = widths[1];
    found.push(row.line, base + row.start, base + row.end, row.fault, row.faultField, row.count);
    for (let i = 0; i < row.count; i++)
      found.push(base + row.starts[i]!, base + row.ends[i]!, row.written[i]!);
  });
  scanner.expected = widths[0];
  let carried: Buffer = Buffer.alloc(0);
  let from = 0;
  const blocks = [...borders, file.length, file.length];
  blocks.forEach((to, i) => {
    // A buffer has room behind what was read, and something of another time stands there.
    const bytes = Buffer.concat([carried, file.subarray(from, to), BEHIND]);
    const length = bytes.length - BEHIND.length;
    const done = scanner.scan(bytes, 0, length, i === blocks.length - 1, false);
    carried = bytes.subarray(done, length);
    base += done;
    from = to;
  });
  return found;
}

const BEHIND = Buffer.from('"\n,"');
