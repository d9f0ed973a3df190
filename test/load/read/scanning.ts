import { FAULT, valueOf, type Fault } from '../../../src/load/read/row.js';
import { Scanner } from '../../../src/load/read/scan.js';

export interface ScannedRow {
  line: number;
  raw: string;
  count: number;
  fields: string[];
  fault: Fault;
  faultField: number;
}

export interface Settings {
  delimiter?: string;
  quote?: string;
  comment?: string | undefined;
  maxRowBytes?: number;
  expected?: number;
  /** Where the file is cut into blocks. */
  borders?: readonly number[];
  /** Puts something between the scanner and a block. */
  wrap?: (block: Buffer) => Buffer;
}

export function bytesOf(content: string | Buffer): Buffer {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

/** The rows that the scanner finds in a file; texts are Latin-1, so that every byte shows. */
export function scanRows(content: string | Buffer, settings: Settings = {}): ScannedRow[] {
  const rows: ScannedRow[] = [];
  scanBlocks(bytesOf(content), settings, (row) => rows.push(row));
  return rows;
}

/** The same, and of each block how many bytes of it had to be kept for the next. */
export function scanBlocks(bytes: Buffer, settings: Settings, onRow: (row: ScannedRow) => void): number[] {
  const quote = (settings.quote ?? '"').charCodeAt(0);
  const dialect = {
    delimiter: Buffer.from(settings.delimiter ?? ','),
    quote,
    comment: settings.comment === undefined ? undefined : Buffer.from(settings.comment),
    maxRowBytes: settings.maxRowBytes ?? 1024 * 1024,
  };
  const scanner = new Scanner(dialect, (row) =>
    onRow({
      line: row.line,
      raw: row.bytes.toString('latin1', row.start, row.end),
      count: row.count,
      fields: Array.from({ length: Math.min(row.count, row.starts.length) }, (_, i) =>
        valueOf(row, i, quote).toString('latin1'),
      ),
      fault: row.fault,
      faultField: row.faultField,
    }),
  );
  scanner.expected = settings.expected ?? 0;
  const kept: number[] = [];
  let carried: Buffer = Buffer.alloc(0);
  let from = 0;
  for (const to of [...(settings.borders ?? []), bytes.length, bytes.length]) {
    const last = kept.length === (settings.borders?.length ?? 0) + 1;
    // Room behind the block with something in it, as there is in a buffer that is not filled.
    const block = Buffer.concat([carried, bytes.subarray(from, to), Buffer.from('"\n,"')]);
    const length = block.length - 4;
    const done = scanner.scan(settings.wrap?.(block) ?? block, 0, length, last, true);
    carried = block.subarray(done, length);
    kept.push(carried.length);
    from = to;
  }
  return kept;
}

/** Rows that are right: without a fault, and with as many fields as expected. */
export function rightRows(rows: readonly ScannedRow[], expected: number): ScannedRow[] {
  return rows.filter((row) => row.fault === FAULT.none && row.count === expected);
}

export function bordersEvery(size: number, length: number): number[] {
  return Array.from({ length: Math.floor(length / size) }, (_, i) => (i + 1) * size);
}
