import type { ColumnCheck } from './check/columns.js';
import type { RowCheck } from './check/rows.js';
import { decode } from './check/texts.js';
import { AS_IS, type Verdict } from './check/verdict.js';
import type { Feed } from '../feeds/feed.js';
import { hasLineNumbers } from '../feeds/feed.js';
import { PLAIN, valueOf, type Row } from './read/row.js';

const LF = 10;
const BUFFER_BYTES = 256 * 1024;
/** A run of rows shorter than this is cheaper to copy together with others than to send by itself. */
const SHORT_RUN = 16 * 1024;

/**
 * Turns valid rows into the CSV that COPY reads. Rows that lie side by side in the file and need no change are
 * handed on as one slice of it, untouched; the others are written anew, field by field.
 */
export class CopyWriter {
  private chunks: Buffer[] = [];
  private buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  private used = 0;
  private run: { bytes: Buffer; start: number; end: number } | undefined;
  /** COPY wants one kind of line end: that of the first row that was handed on untouched. */
  private lineEnd: Buffer | undefined;

  private readonly delimiter: number;
  private readonly quote: number;
  private readonly lineNumbers: boolean;
  private readonly alone: boolean;
  /** Whether the delimiter of the file is not that of COPY, so that it means nothing in a value and the other does. */
  private readonly otherDelimiter: boolean;
  /** Whether a time may hold the delimiter or the quote. */
  private readonly quotesTimes: boolean;

  constructor(
    private readonly feed: Feed,
    private readonly check: RowCheck,
  ) {
    this.delimiter = copyDelimiter(feed).charCodeAt(0);
    this.quote = feed.quote.charCodeAt(0);
    this.lineNumbers = hasLineNumbers(feed);
    this.otherDelimiter = copyDelimiter(feed) !== feed.delimiter;
    this.quotesTimes = /[-:.TZ ]/.test(copyDelimiter(feed) + feed.quote);
    this.alone = check.fields.filter((field) => field !== undefined).length === 1;
  }

  write(row: Row, verdict: Verdict): void {
    if (verdict === AS_IS) this.handOn(row);
    else this.rewrite(row);
  }

  /** What has been written since the last time; nothing refers to the block after this. */
  take(): Buffer[] {
    this.endRun();
    this.flush();
    const taken = this.chunks;
    this.chunks = [];
    return taken;
  }

  private handOn(row: Row): void {
    const own = row.bytes.subarray(row.end, row.next);
    this.lineEnd ??= own.length > 0 ? Buffer.from(own) : Buffer.from([LF]);
    if (own.length !== this.lineEnd.length || own[0] !== this.lineEnd[0]) {
      this.extendRun(row.bytes, row.start, row.end);
      this.endRun();
      this.append(this.lineEnd, 0, this.lineEnd.length);
    } else {
      this.extendRun(row.bytes, row.start, row.next);
    }
  }

  private extendRun(bytes: Buffer, start: number, end: number): void {
    if (this.run?.bytes === bytes && this.run.end === start) {
      this.run.end = end;
    } else {
      this.endRun();
      this.run = { bytes, start, end };
    }
  }

  private endRun(): void {
    if (!this.run) return;
    const { bytes, start, end } = this.run;
    this.run = undefined;
    if (end - start < SHORT_RUN) {
      this.append(bytes, start, end);
    } else {
      this.flush();
      this.chunks.push(bytes.subarray(start, end));
    }
  }

  private rewrite(row: Row): void {
    this.endRun();
    let separate = false;
    if (this.lineNumbers) {
      this.appendText(String(row.line));
      separate = true;
    }
    const { fields } = this.check;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field === undefined) continue;
      if (separate) this.appendByte(this.delimiter);
      separate = true;
      this.field(row, i, field);
    }
    this.lineEnd ??= Buffer.from([LF]);
    this.append(this.lineEnd, 0, this.lineEnd.length);
  }

  private field(row: Row, i: number, field: ColumnCheck): void {
    const start = row.starts[i]!;
    const end = row.ends[i]!;
    if (this.needsLook(field) && this.check.isMissing(row, i)) {
      if (field.fallback) this.quoted(field.fallback);
      else if (this.alone && !this.lineNumbers) this.quoted(Buffer.alloc(0));
      return;
    }
    if (field.rewrite && start !== end) {
      const value = valueOf(row, i, this.quote);
      const time = field.rewrite(decode(value, 0, value.length, 'latin1'));
      if (this.quotesTimes) this.quoted(Buffer.from(time));
      else this.appendText(time);
    } else if (this.otherDelimiter || this.alone) {
      // The delimiter of COPY is nothing special in such a file, and \. alone on a line would end the COPY: so quotes.
      this.quoted(valueOf(row, i, this.quote));
    } else if (row.written[i] === PLAIN) {
      this.append(row.bytes, start, end);
    } else {
      this.append(row.bytes, start - 1, end + 1);
    }
  }

  /** Whether a value of this column may be missing in another way than being empty. */
  private needsLook(field: ColumnCheck): boolean {
    return field.column.default !== undefined || field.trims || this.feed.nulls.length > 0 || this.alone;
  }

  private quoted(value: Buffer): void {
    this.appendByte(this.quote);
    for (const byte of value) {
      if (byte === this.quote) this.appendByte(byte);
      this.appendByte(byte);
    }
    this.appendByte(this.quote);
  }

  private append(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.used + length > this.buffer.length) this.flush(length);
    // For the few bytes of a field a loop is faster than a call out of JavaScript.
    if (length < 32) {
      for (let i = start; i < end; i++) this.buffer[this.used++] = bytes[i]!;
    } else {
      bytes.copy(this.buffer, this.used, start, end);
      this.used += length;
    }
  }

  private appendByte(byte: number): void {
    if (this.used === this.buffer.length) this.flush();
    this.buffer[this.used++] = byte;
  }

  /** Digits and what dates are written with. */
  private appendText(text: string): void {
    if (this.used + text.length > this.buffer.length) this.flush(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[this.used++] = text.charCodeAt(i);
  }

  private flush(room = 0): void {
    if (this.used > 0) {
      this.chunks.push(this.buffer.subarray(0, this.used));
      this.buffer = Buffer.allocUnsafeSlow(Math.max(BUFFER_BYTES, room));
      this.used = 0;
    } else if (room > this.buffer.length) {
      this.buffer = Buffer.allocUnsafeSlow(room);
    }
  }
}

/** COPY takes a delimiter of one byte. */
export function copyDelimiter(feed: Feed): string {
  if (Buffer.byteLength(feed.delimiter) === 1) return feed.delimiter;
  return feed.quote === ',' ? ';' : ',';
}
