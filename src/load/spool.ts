import { closeSync, createReadStream, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { TallyError } from '../errors.js';
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
 *
 * Their file has no name any more as soon as it is open, so a process that is killed leaves nothing behind.
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
    const place = { fd: this.file, start: 0, autoClose: false };
    return createReadStream('', { ...place, highWaterMark: 256 * 1024 });
  }

  discard(): void {
    this.waiting = '';
    if (this.file === undefined) return;
    closeSync(this.file);
    this.file = undefined;
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
    try {
      if (this.file === undefined) {
        mkdirSync(dirname(this.path), { recursive: true });
        this.file = openSync(this.path, 'w+', 0o600);
        rmSync(this.path, { force: true });
      }
      const block = Buffer.from(this.waiting);
      for (let written = 0; written < block.length;) written += writeSync(this.file, block, written);
    } catch (error) {
      throw unwritable(this.path, error);
    }
    this.waiting = '';
  }
}

/** Where the spools of all loads of a workspace lie. */
export function spoolFolder({ workspace }: { workspace: string }): string {
  return join(workspace, '.tally', 'spool');
}

/** What a process left that was killed at the very moment at which it made a file. Others are read without their names. */
export function sweepSpool(folder: string): void {
  try {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
  } catch {
    // There is no such folder, or it is closed: who needs it says so.
  }
}

function unwritable(path: string, cause: unknown): TallyError {
  return new TallyError(
    'output_unwritable',
    `Invalid rows wait in ${path} until they are loaded, and it could not be written: ${(cause as Error).message}. Nothing of this file was loaded; the rows before stay.`,
    { hint: 'Free space on that disk, then run the same command again.', cause },
  );
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Most texts have nothing to escape, and to look is cheaper than to replace. */
function escape(text: string): string {
  if (!/[\\\t\n\r]/.test(text)) return text;
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}
