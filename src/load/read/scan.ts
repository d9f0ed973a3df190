import { Lookahead } from './lookahead.js';
import type { Glance } from '../check/glance.js';
import { DOUBLED, FAULT, PLAIN, QUOTED, type Fault, type Row } from './row.js';
import { rowTooLong } from './rowTooLong.js';

export interface Dialect {
  delimiter: Buffer;
  quote: number;
  comment: Buffer | undefined;
  maxRowBytes: number;
}

interface Glancing {
  glance: Glance | undefined;
  /** Rows that lie side by side, `bytes[start, end)`, line ends and all; the first one is on `line`. */
  onRows(bytes: Buffer, start: number, end: number, line: number): void;
}

const LF = 10;
const CR = 13;
/** More fields than this are counted, but their places are not kept. */
const PLACES = 4096;

/**
 * Finds rows and fields in blocks of bytes, and decides nothing about values: 250 MB/s, because it never makes
 * a string or an object for a row.
 *
 * LF, CRLF and CR end a row; a line with nothing on it is no row. RFC 4180 for quotes. A row whose quotes do
 * not work out (a quote inside an unquoted field, text after a closing quote, a quote that is never closed)
 * is given up and costs the physical line that it starts on: reading goes on with the line after it. Whether a
 * quoted line break is one, or only looks so because a stray quote stands before it, `Lookahead` decides.
 */
export class Scanner implements Row {
  bytes: Buffer = Buffer.alloc(0);
  line = 0;
  start = 0;
  end = 0;
  next = 0;
  fault: Fault = FAULT.none;
  faultField = 0;
  count = 0;
  readonly starts = new Int32Array(PLACES);
  readonly ends = new Int32Array(PLACES);
  readonly written = new Uint8Array(PLACES);
  plain = true;
  clean = false;

  /** How many fields a row should have; 0 while that is not known (the header). */
  expected = 0;
  /** How many physical lines the row has; if several, where the last one starts and in which field the first one ends. */
  lines = 0;
  lastLine = 0;
  private openField = 0;

  /** What is at hand of the file, and whether nothing comes after. */
  length = 0;
  last = false;
  /** A quote that is taken for text, and a place where a delimiter is taken for missing: how would the row be read then? */
  textAt = -1;
  splitAt = -1;
  /** Where a fault was met. */
  faultAt = 0;

  /** Where the next row is looked for, and the line that it is on. */
  private at = 0;
  private nextLine = 1;
  private glancing: Glancing | undefined;
  private readonly lookahead = new Lookahead(this);
  private readonly special = new Uint8Array(256);
  private readonly highest: number;
  private readonly first: number;
  private readonly delimiterLength: number;

  constructor(
    private readonly dialect: Dialect,
    private onRow: (row: Row) => void,
  ) {
    this.first = dialect.delimiter[0]!;
    this.delimiterLength = dialect.delimiter.length;
    for (const byte of [LF, CR, dialect.quote, this.first]) this.special[byte] = 1;
    this.highest = Math.max(dialect.quote, this.first, CR);
  }

  /** From the next row on, rows go to another; those that a glance is enough for, many at once. */
  handOver(onRow: (row: Row) => void, glancing?: Glancing): void {
    this.onRow = onRow;
    this.glancing = glancing;
  }

  /**
   * Hands on every whole row of `bytes[from, length)` and tells where the first one begins that is not whole;
   * the next block must begin there. `last` says that nothing comes after.
   */
  scan(bytes: Buffer, from: number, length: number, last: boolean, clean: boolean): number {
    this.bytes = bytes;
    this.length = length;
    this.last = last;
    this.clean = clean;
    this.at = from;
    const glance = clean ? this.glancing?.glance : undefined;
    const edge = glance ? bytes.lastIndexOf(LF, length - 1) : -1;
    while (this.at < length) {
      const { at } = this;
      const seen = glance ? glance.next(bytes, at, edge) : at;
      if (seen > at) {
        this.at = seen;
        this.line = this.nextLine;
        this.nextLine += glance!.count;
        this.glancing!.onRows(bytes, at, seen, this.line);
        continue;
      }
      const after = this.afterEmptyLine(at);
      if (after < 0) break;
      if (after > at) {
        this.at = after;
        this.nextLine++;
        continue;
      }
      if (!this.find(at)) break;
      if (this.expected > 0) {
        if (this.lines > 1 ? !this.decide(at) : this.isWrong() && !this.lookahead.seesBroken(at)) break;
      }
      this.line = this.nextLine;
      this.nextLine += this.lines;
      this.at = this.next;
      this.onRow(this);
    }
    this.lookahead.moveTo(this.at);
    return this.at;
  }

  /** Where the line at `at` ends if it is no row: it is empty, or a comment. Else `at`; -1 when more bytes are needed. */
  afterEmptyLine(at: number): number {
    const byte = this.bytes[at]!;
    if (byte === LF) return at + 1;
    if (byte === CR) {
      if (at + 1 < this.length) return this.bytes[at + 1] === LF ? at + 2 : at + 1;
      return this.last ? at + 1 : -1;
    }
    const { comment } = this.dialect;
    if (comment === undefined || !this.standsAt(comment, at)) return at;
    return this.lineEnd(at) ? this.next : -1;
  }

  /** Where the line after the one at `at` begins; -1 when more bytes are needed. */
  afterLine(at: number): number {
    return this.lineEnd(at) ? this.next : -1;
  }

  nextQuote(at: number): number {
    let i = at;
    while (i < this.length && this.bytes[i] !== this.dialect.quote) i++;
    return i;
  }

  /** Whether a delimiter or the start of the line stands before a quote. */
  opensField(at: number, lineStart: number): boolean {
    return (
      at === lineStart ||
      (at - lineStart >= this.delimiterLength && this.isDelimiter(at - this.delimiterLength))
    );
  }

  /** Finds the row that starts at `at`; false when it is not whole yet. */
  find(at: number): boolean {
    const { bytes, special, highest, first, length, starts, ends, written } = this;
    this.start = at;
    this.fault = FAULT.none;
    this.lines = 1;
    this.plain = true;
    let fieldStart = at;
    let count = 0;
    let i = at;
    for (;;) {
      while (i < length && (bytes[i]! > highest || special[bytes[i]!] === 0)) i++;
      if (i === length) {
        if (!this.endsLine(at, i)) return false;
      } else {
        const byte = bytes[i]!;
        if (byte === this.dialect.quote) {
          if (i === this.textAt) {
            i++;
            continue;
          }
          if (i === fieldStart) return this.findQuoted(at, i, count);
          if (i !== this.splitAt) return this.giveUp(FAULT.quoteInside, count + 1, i);
          if (count < PLACES) {
            starts[count] = fieldStart;
            ends[count] = i;
            written[count] = PLAIN;
          }
          return this.findQuoted(at, i, count + 1);
        }
        if (byte === first) {
          if (this.delimiterLength > 1 && !this.isDelimiter(i)) {
            i++;
            continue;
          }
          if (count < PLACES) {
            starts[count] = fieldStart;
            ends[count] = i;
            written[count] = PLAIN;
          }
          count++;
          i += this.delimiterLength;
          fieldStart = i;
          continue;
        }
        if (!this.endsLine(at, i)) return false;
      }
      if (count < PLACES) {
        starts[count] = fieldStart;
        ends[count] = i;
        written[count] = PLAIN;
      }
      this.count = count + 1;
      return true;
    }
  }

  /** The same for a row in which a field is quoted: `i` is at the first such quote, `count` fields lie before it. */
  private findQuoted(at: number, i: number, count: number): boolean {
    const { bytes, length, last, starts, ends, written } = this;
    const { quote, maxRowBytes } = this.dialect;
    this.plain = false;
    // A row that does not end up to here is too long, whatever comes.
    const limit = at + maxRowBytes;
    const edge = Math.min(length, limit + 1);
    for (;;) {
      let start = i;
      let end: number;
      let how = PLAIN;
      if (i < edge && bytes[i] === quote && i !== this.textAt) {
        start = ++i;
        how = QUOTED;
        for (;;) {
          if (i >= edge) {
            if (!last && i <= limit) return false;
            return this.giveUp(FAULT.neverClosed, count + 1, i);
          }
          const byte = bytes[i]!;
          if (byte === quote && i !== this.textAt) {
            if (i + 1 === length && !last) return false;
            if (i + 1 >= length || bytes[i + 1] !== quote) break;
            how = DOUBLED;
            i += 2;
            continue;
          }
          i++;
          if (byte === LF || byte === CR) {
            this.lastLine = i;
            if (byte === LF && bytes[i - 2] === CR) continue;
            if (this.lines++ === 1) this.openField = count + 1;
          }
        }
        end = i++;
        if (i < length && i <= limit && i !== this.splitAt && !this.endsField(i)) {
          // A delimiter that the block cuts in two looks like text too.
          if (!last && i + this.delimiterLength > length) return false;
          return this.giveUp(FAULT.textAfterQuote, count + 1, i);
        }
      } else {
        for (; i < edge && !this.endsField(i); i++) {
          if (bytes[i] !== quote || i === this.textAt) continue;
          if (i === this.splitAt) break;
          return this.giveUp(FAULT.quoteInside, count + 1, i);
        }
        end = i;
      }
      if (i > limit) return this.giveUp(FAULT.neverClosed, count + 1, i);
      if (i === length && !last) return false;
      if (count < PLACES) {
        starts[count] = start;
        ends[count] = end;
        written[count] = how;
      }
      count++;
      if (i === this.splitAt && i < length) continue;
      const byte = i < length ? bytes[i]! : LF;
      if (byte !== LF && byte !== CR) {
        i += this.delimiterLength;
        continue;
      }
      this.count = count;
      return this.endsAt(i);
    }
  }

  private isWrong(): boolean {
    return this.fault !== FAULT.none || this.count !== this.expected;
  }

  /** Takes a row of several lines for one, or gives its first line up; false when more bytes are needed to tell. */
  private decide(at: number): boolean {
    const broken = this.lookahead.isBroken(at);
    return broken === undefined ? false : !broken || this.giveUp(FAULT.neverClosed, this.openField, this.end);
  }

  /** The row is its physical line, and has a fault. */
  private giveUp(fault: Fault, field: number, at: number): boolean {
    if (!this.lineEnd(this.start)) return false;
    this.faultAt = at;
    // What was met on a later line says only that a quote of the first one is not closed.
    this.fault = this.lines > 1 ? FAULT.neverClosed : fault;
    this.faultField = this.lines > 1 ? this.openField : field;
    this.count = 0;
    this.lines = 1;
    return true;
  }

  /** Sets the end of the physical line that starts at `at`; false when it is not in the block. */
  private lineEnd(at: number): boolean {
    const { bytes, length } = this;
    let i = at;
    while (i < length && bytes[i] !== LF && bytes[i] !== CR) i++;
    return this.endsLine(at, i);
  }

  /** The physical line that starts at `at` ends at `i`, or the block does; false when the line may go on. */
  private endsLine(at: number, i: number): boolean {
    const { maxRowBytes } = this.dialect;
    if (i - at > maxRowBytes)
      throw rowTooLong(this.bytes, { from: this.at, at, line: this.nextLine, maxRowBytes });
    return this.endsAt(i);
  }

  /** Sets the end of a row: `i` is at its line end, or at the end of the block. */
  private endsAt(i: number): boolean {
    const { bytes, length } = this;
    this.end = i;
    if (i === length) {
      this.next = length;
      return this.last;
    }
    this.next = i + 1;
    if (bytes[i] === CR) {
      if (this.next === length) return this.last;
      if (bytes[this.next] === LF) this.next++;
    }
    return true;
  }

  private endsField(i: number): boolean {
    const byte = this.bytes[i]!;
    if (byte === LF || byte === CR) return true;
    return byte === this.first && (this.delimiterLength === 1 || this.isDelimiter(i));
  }

  private isDelimiter(i: number): boolean {
    return this.standsAt(this.dialect.delimiter, i);
  }

  private standsAt(word: Buffer, i: number): boolean {
    return (
      i + word.length <= this.length && this.bytes.compare(word, 0, word.length, i, i + word.length) === 0
    );
  }
}
