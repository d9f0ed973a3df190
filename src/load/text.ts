import { Buffers } from './buffers.js';
import type { ColumnCheck } from './check/columns.js';
import type { RowCheck } from './check/rows.js';
import { decode } from './check/texts.js';
import { valueOf, type Row } from './read/row.js';

const [TAB, LF, CR, BACKSLASH] = [9, 10, 13, 92];
const [SMALL_N, SMALL_R, SMALL_T] = [0x6e, 0x72, 0x74];

/**
 * Writes valid rows as the text that COPY reads, each with its line. For a verification it is on purpose not the
 * writer of the load, which hands rows on untouched: a mistake of that one would else be made twice, and not be found.
 */
export class NumberedText {
  private chunks: Buffer[] = [];
  private readonly buffers = new Buffers();
  private buffer = this.buffers.next(0);
  private used = 0;

  constructor(
    private readonly check: RowCheck,
    private readonly quote: number,
  ) {}

  write(row: Row): void {
    this.plain(String(row.line));
    this.check.fields.forEach((field, i) => {
      if (field === undefined) return;
      this.byte(TAB);
      this.field(row, i, field);
    });
    this.byte(LF);
  }

  /** What has been written since the last time. */
  take(): Buffer[] {
    this.flush();
    const taken = this.chunks;
    this.chunks = [];
    return taken;
  }

  /** What was taken has left this process. */
  sent(): void {
    this.buffers.sent(this.buffer);
  }

  private field(row: Row, i: number, field: ColumnCheck): void {
    if (this.check.isMissing(row, i)) {
      if (field.fallback) this.escaped(field.fallback);
      else this.plain('\\N');
      return;
    }
    const value = valueOf(row, i, this.quote);
    if (field.rewrite) this.plain(field.rewrite(decode(value, 0, value.length, 'latin1')));
    else this.escaped(value);
  }

  private escaped(value: Buffer): void {
    for (const byte of value) {
      if (byte === BACKSLASH) this.pair(BACKSLASH);
      else if (byte === TAB) this.pair(SMALL_T);
      else if (byte === LF) this.pair(SMALL_N);
      else if (byte === CR) this.pair(SMALL_R);
      else this.byte(byte);
    }
  }

  private pair(byte: number): void {
    this.byte(BACKSLASH);
    this.byte(byte);
  }

  /** Digits, the word for null, and what times are written with. */
  private plain(text: string): void {
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  private byte(byte: number): void {
    if (this.used === this.buffer.length) this.flush();
    this.buffer[this.used++] = byte;
  }

  private flush(): void {
    if (this.used === 0) return;
    this.chunks.push(this.buffer.subarray(0, this.used));
    this.buffer = this.buffers.next(0);
    this.used = 0;
  }
}
