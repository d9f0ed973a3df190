import { closeSync, createReadStream, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { summaryOf, type Reason } from './check/reasons.js';

/** Up to here invalid rows wait in memory, from there on in a file. */
const MEMORY_BYTES = 1024 * 1024;

export interface ReasonCount {
  column: string | null;
  rule: string;
  count: number;
  first_line: number;
  message: string;
}

/**
 * Invalid rows that wait to be written: they can be COPYed only when the COPY of the valid rows is done. They
 * are kept as the text that COPY reads.
 */
export class InvalidSpool {
  count = 0;
  /** How often each reason came up, with an example: what a person wants to see first. */
  readonly reasons = new Map<string, ReasonCount>();
  private waiting: Buffer[] = [];
  private bytes = 0;
  private file: number | undefined;

  constructor(
    private readonly path: string,
    /** What is the same for all rows of the load, in the order of the table. */
    private readonly constants: { loadId: string; feed: string; agency: string; fileName: string; table: string },
  ) {}

  add(line: number, raw: Buffer, reasons: Reason[]): void {
    for (const reason of reasons) this.countReason(reason, line);
    const { loadId, feed, agency, fileName, table } = this.constants;
    const values = [feed, agency, fileName, table].map(escape).join('\t');
    const text =
      `${loadId}\t${line}\t${values}\t\\\\x${raw.toString('hex')}\t` +
      `${escape(JSON.stringify(reasons))}\t${escape(summaryOf(reasons))}\n`;
    const row = Buffer.from(text);
    this.waiting.push(row);
    this.bytes += row.length;
    this.count++;
    if (this.bytes >= MEMORY_BYTES) this.spill();
  }

  /** The columns of `rows()`. */
  static readonly columns = [
    'load_id',
    'line_number',
    'feed',
    'agency',
    'file_name',
    'table_name',
    'raw',
    'reasons',
    'summary',
  ];

  rows(): Readable {
    if (this.file === undefined) return Readable.from(this.waiting);
    this.spill();
    return createReadStream(this.path, { highWaterMark: 256 * 1024 });
  }

  discard(): void {
    this.waiting = [];
    if (this.file === undefined) return;
    closeSync(this.file);
    this.file = undefined;
    rmSync(this.path, { force: true });
  }

  private countReason({ column, rule, message }: Reason, line: number): void {
    const key = `${column} ${rule}`;
    const known = this.reasons.get(key);
    if (!known) this.reasons.set(key, { column, rule, count: 1, first_line: line, message });
    else {
      known.count++;
      if (line < known.first_line) Object.assign(known, { first_line: line, message });
    }
  }

  /** Written at once, not in turns with the reading: it is memory that is to be kept small. */
  private spill(): void {
    if (this.file === undefined) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.file = openSync(this.path, 'w', 0o600);
    }
    const block = Buffer.concat(this.waiting);
    for (let written = 0; written < block.length; ) written += writeSync(this.file, block, written);
    this.waiting = [];
    this.bytes = 0;
  }
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escape(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}
