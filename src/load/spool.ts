import { closeSync, createReadStream, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { summaryOf, type Reason } from './check/reasons.js';

/** Up to here invalid rows wait in memory, from there on in a file. */
const MEMORY_CHARACTERS = 512 * 1024;

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
  private waiting = '';
  private file: number | undefined;
  /** What is the same for all rows of the load: before the line number, and behind it. */
  private readonly before: string;
  private readonly behind: string;

  constructor(
    private readonly path: string,
    load: { loadId: string; feed: string; agency: string; fileName: string; table: string },
  ) {
    this.before = `${load.loadId}\t`;
    this.behind = `\t${[load.feed, load.agency, load.fileName, load.table].map(escape).join('\t')}\t\\\\x`;
  }

  add(line: number, raw: Buffer, reasons: Reason[]): void {
    for (const reason of reasons) this.countReason(reason, line);
    const why = `${escape(JSON.stringify(reasons))}\t${escape(summaryOf(reasons))}`;
    this.waiting += `${this.before}${line}${this.behind}${raw.toString('hex')}\t${why}\n`;
    this.count++;
    if (this.waiting.length >= MEMORY_CHARACTERS) this.spill();
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
    if (this.file === undefined) return Readable.from([Buffer.from(this.waiting)]);
    this.spill();
    return createReadStream(this.path, { highWaterMark: 256 * 1024 });
  }

  discard(): void {
    this.waiting = '';
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
    const block = Buffer.from(this.waiting);
    for (let written = 0; written < block.length;) written += writeSync(this.file, block, written);
    this.waiting = '';
  }
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Most texts have nothing to escape, and to look is cheaper than to replace. */
function escape(text: string): string {
  if (!/[\\\t\n\r]/.test(text)) return text;
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}
