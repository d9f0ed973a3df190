import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { TallyError } from '../../errors.js';

/** No more than this is looked at: a guess hardly gets better after that. */
const MOST_ROWS = 100_000;
const MOST_BYTES = 64 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
/** What the delimiter is tried out on. */
const HEAD_BYTES = 64 * 1024;
/** A quote that is not closed within this is a stray one. */
const MOST_ROW_BYTES = 1024 * 1024;
/** Each line that cannot be read may cost a look at MOST_ROW_BYTES, which takes 50 ms. */
const MOST_UNREADABLE = 100;

const ASK = 'Ask for the file of an ordinary day: the more rows it has, the better the guess.';

const LF = 10;
const CR = 13;

interface Dialect {
  delimiter: string;
  quote: string;
}

/** The beginning of a file, and how it is written. */
export interface Sample extends Dialect {
  encoding: 'utf-8' | 'windows-1252';
  isAscii: boolean;
  hasQuotes: boolean;
  /** In UTF-8, without a byte order mark. */
  bytes: Buffer;
  /** What no row may hold, if the sample holds it anywhere. */
  unstorable: RegExp | undefined;
  isCut: boolean;
}

/** What was met besides the rows that were handed on. */
export interface Survey {
  rows: number;
  /** Rows with another number of fields than the first, */
  ragged: number;
  /** lines whose quotes do not work out, */
  unreadable: number;
  /** rows with NUL or with bytes that the encoding does not have. */
  unstorable: number;
  isCut: boolean;
}

export async function openSample(path: string): Promise<Sample> {
  const { bytes, isCut } = await readBeginning(path);
  if (bytes.length === 0) {
    throw new TallyError('file_empty', `${path} is empty; expected a CSV file with some rows.`, {
      hint: ASK,
    });
  }
  refuseOthers(path, bytes);
  const decoded = decode(bytes);
  return { ...decoded, ...dialectOf(decoded.bytes, isCut), isCut };
}

/** Hands on the first row, and each row that has as many fields. */
export function readRows(
  path: string,
  sample: Sample,
  onRow: (fields: string[], line: number) => void,
): Survey {
  const { unstorable } = sample;
  const survey: Survey = { rows: 0, ragged: 0, unreadable: 0, unstorable: 0, isCut: sample.isCut };
  let width = 0;
  const { givenUp, reachedEnd } = eachRow(sample, MOST_ROWS, (fields, line) => {
    if (unstorable && fields.some((field) => unstorable.test(field))) {
      if (width === 0) throw badFirstLine(path, 'holds NUL, or bytes that are no characters');
      survey.unstorable++;
    } else if (width > 0 && fields.length !== width) {
      survey.ragged++;
    } else {
      width = fields.length;
      survey.rows++;
      onRow(fields, line);
    }
  });
  if (givenUp.isFirst) throw badFirstLine(path, 'is too long, or its quotes do not work out');
  if (width === 0) {
    throw new TallyError('file_empty', `${path} has no row; expected a CSV file with some rows.`, {
      hint: ASK,
    });
  }
  survey.unreadable = givenUp.count;
  survey.isCut ||= !reachedEnd;
  return survey;
}

function badFirstLine(path: string, what: string): TallyError {
  return new TallyError(
    'header_malformed',
    `The first line of ${path} ${what}; expected the names of the columns.`,
    { hint: 'Names are quoted in pairs or not at all. Is it a CSV file?' },
  );
}

async function readBeginning(path: string): Promise<{ bytes: Buffer; isCut: boolean }> {
  const info: Stats = await stat(path).catch((cause: unknown) => refuse(path, cause));
  if (!info.isFile()) {
    const what = info.isDirectory() ? 'a folder' : 'not a regular file';
    throw new TallyError('file_not_regular', `${path} is ${what}; expected a CSV file.`, {
      hint: 'Name one file: tally feeds infer FILE',
    });
  }
  const file = await open(path).catch((cause: unknown) => refuse(path, cause));
  try {
    const blocks: Buffer[] = [];
    let [length, lines] = [0, 0];
    while (length < MOST_BYTES && lines <= MOST_ROWS) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, length);
      if (bytesRead === 0) return { bytes: Buffer.concat(blocks), isCut: false };
      const block = buffer.subarray(0, bytesRead);
      for (let i = block.indexOf(LF); i >= 0; i = block.indexOf(LF, i + 1)) lines++;
      blocks.push(block);
      length += bytesRead;
    }
    const isCut = length < (await file.stat()).size;
    return { bytes: isCut ? wholeLines(Buffer.concat(blocks)) : Buffer.concat(blocks), isCut };
  } catch (cause) {
    return refuse(path, cause);
  } finally {
    await file.close();
  }
}

function refuse(path: string, cause: unknown): never {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    throw new TallyError('file_missing', `There is no file ${path}; expected a CSV file.`, {
      hint: 'Name a sample: tally feeds infer FILE',
      cause,
    });
  }
  throw new TallyError('file_unreadable', `${path} cannot be read: ${message}`, {
    hint: 'Look at who may read it: ls -l',
    cause,
  });
}

/** Up to the last line end, so that neither a row nor a character is cut in two. */
function wholeLines(bytes: Buffer): Buffer {
  const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR));
  return end < 0 ? bytes : bytes.subarray(0, end + 1);
}

function refuseOthers(path: string, bytes: Buffer): void {
  const head = bytes.subarray(0, 64);
  const starts = (...first: number[]) => first.every((byte, i) => head[i] === byte);
  if (starts(0x50, 0x4b, 3, 4) || starts(0x1f, 0x8b)) {
    throw new TallyError(
      'file_encoding',
      `${path} is packed (ZIP, gzip or an Excel workbook); expected CSV text.`,
      {
        hint: 'Unpack it, or save the sheet as CSV UTF-8.',
      },
    );
  }
  // Without a mark UTF-16 still shows: every second byte of the ASCII characters in it is NUL.
  const nuls = head.filter((byte) => byte === 0).length;
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff) || (head.length >= 4 && nuls >= head.length / 3)) {
    throw new TallyError('file_encoding', `${path} looks like UTF-16; expected UTF-8 or Windows-1252.`, {
      hint: 'Ask for UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 IN > OUT',
    });
  }
  if (/\.json$/i.test(path) || /^(?:\ufeff)?\s*[[{]\s*["{[\]}]/.test(bytes.toString('utf8', 0, 4096))) {
    throw new TallyError('usage', `${path} is JSON; expected CSV: a feed is guessed from CSV samples only.`, {
      hint: 'A feed for JSON is written by hand: see `json` in docs/feeds.md.',
    });
  }
}

function decode(bytes: Buffer): Pick<Sample, 'bytes' | 'encoding' | 'isAscii' | 'unstorable'> {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = isMarked ? bytes.subarray(3) : bytes;
  if (isUtf8(body)) {
    const isAscii = body.every((byte) => byte < 0x80);
    return { bytes: body, encoding: 'utf-8', isAscii, unstorable: body.includes(0) ? /\0/ : undefined };
  }
  const text = new TextDecoder('utf-8').decode(body);
  // A few broken characters among many good ones are broken rows, not another encoding.
  if (isMarked || mostlyCharacters(text)) {
    return { bytes: Buffer.from(text), encoding: 'utf-8', isAscii: false, unstorable: /[\0\ufffd]/ };
  }
  return {
    bytes: Buffer.from(new TextDecoder('windows-1252').decode(body)),
    encoding: 'windows-1252',
    isAscii: false,
    // These five bytes are not assigned, and PostgreSQL refuses them.
    unstorable: /[\0\x81\x8d\x8f\x90\x9d]/,
  };
}

function mostlyCharacters(text: string): boolean {
  let balance = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0xfffd) balance--;
    else if (code >= 0x80) balance++;
  }
  return balance > 0;
}

function dialectOf(bytes: Buffer, isCut: boolean): Dialect & { hasQuotes: boolean } {
  const isLong = bytes.length > HEAD_BYTES;
  const head = isLong ? wholeLines(bytes.subarray(0, HEAD_BYTES)) : bytes;
  const text = head.toString('utf8');
  const double = withDelimiter(head, isCut || isLong, '"');
  const hasQuotes = /(?:^|[,;\t|])"/m.test(text);
  if (!hasQuotes && /(?:^|[,;\t|])'[^'\r\n]*'(?:[,;\t|]|$)/m.test(text)) {
    const single = withDelimiter(head, isCut || isLong, "'");
    if (single.faults <= double.faults) return { ...single.dialect, hasQuotes: true };
  }
  return { ...double.dialect, hasQuotes };
}

/** The delimiter that gives nearly all rows the first one's number of fields; the comma is last, for `1,5;2,5`. */
function withDelimiter(head: Buffer, isCut: boolean, quote: string): { dialect: Dialect; faults: number } {
  const tried = ['\t', '|', ';', ','].map((delimiter) => {
    const widths: number[] = [];
    const { givenUp } = eachRow({ bytes: head, delimiter, quote, isCut }, 200, (fields) =>
      widths.push(fields.length),
    );
    const width = widths[0] ?? 0;
    const share = widths.filter((each) => each === width).length / (widths.length + givenUp.count);
    return {
      dialect: { delimiter, quote },
      faults: givenUp.count,
      width,
      share,
      weight: share * (width - 1),
    };
  });
  const splitting = tried.filter(({ width }) => width > 1).toSorted((a, b) => b.weight - a.weight);
  const best = tried.find(({ width, share }) => width > 1 && share >= 0.9) ?? splitting[0];
  if (best) return best;
  // One column: what its texts do not hold cannot split them.
  const free = [',', ';', '\t', '|'].find((delimiter) => !head.includes(delimiter)) ?? ',';
  return tried.find(({ dialect }) => dialect.delimiter === free)!;
}

class StrayQuote extends Error {}

/**
 * Rows one after the other. A row whose quotes do not work out costs the physical line that it starts on, and
 * reading goes on with the line after it; a load looks closer, but a guess needs no more.
 */
function eachRow(
  { bytes, delimiter, quote, isCut }: Pick<Sample, 'bytes' | 'delimiter' | 'quote' | 'isCut'>,
  most: number,
  onRow: (fields: string[], line: number) => void,
): { givenUp: { count: number; isFirst: boolean }; reachedEnd: boolean } {
  const givenUp = { count: 0, isFirst: false };
  const place = new Place(bytes);
  let [rows, width] = [0, 0];
  while (place.at < bytes.length && rows < most && givenUp.count < MOST_UNREADABLE) {
    const from = place.at;
    try {
      parse(bytes.subarray(from), {
        delimiter,
        quote,
        escape: quote,
        record_delimiter: ['\r\n', '\n', '\r'],
        max_record_size: MOST_ROW_BYTES,
        relax_column_count: true,
        skip_empty_lines: true,
        to: most - rows,
        on_record(fields: string[], { bytes: length }) {
          // A stray quote has swallowed line breaks until another one happened to close it.
          if (width > 0 && fields.length !== width && place.hasBreak(from + length)) throw new StrayQuote();
          const { line } = place;
          place.passRow(from + length);
          width ||= fields.length;
          rows++;
          onRow(fields, line);
          return null;
        },
      });
      break;
    } catch (error) {
      if (!(error instanceof CsvError) && !(error instanceof StrayQuote)) throw error;
      // The row at the end of a sample that was cut may be closed in the rest of the file.
      if (isCut && 'code' in error && error.code === 'CSV_QUOTE_NOT_CLOSED') break;
      givenUp.isFirst ||= rows === 0;
      givenUp.count++;
      place.passRow(place.lineEnd());
    }
  }
  return { givenUp, reachedEnd: place.at >= bytes.length };
}

/** Where a row begins, with its line counted from 1; lines with nothing on them are passed over. */
class Place {
  at = 0;
  line = 1;

  constructor(private readonly bytes: Buffer) {
    this.passRow(0);
  }

  /** The end of the physical line. */
  lineEnd(): number {
    let end = this.at;
    while (end < this.bytes.length && !this.isBreak(end)) end++;
    return end;
  }

  hasBreak(end: number): boolean {
    const lineEnd = this.lineEnd();
    const next = this.bytes[lineEnd] === CR && this.bytes[lineEnd + 1] === LF ? lineEnd + 2 : lineEnd + 1;
    return next < end;
  }

  passRow(rowEnd: number): void {
    let end = rowEnd;
    while (this.isBreak(end)) end++;
    for (; this.at < end; this.at++) {
      const byte = this.bytes[this.at];
      if (byte === LF || (byte === CR && this.bytes[this.at + 1] !== LF)) this.line++;
    }
  }

  private isBreak(at: number): boolean {
    return this.bytes[at] === LF || this.bytes[at] === CR;
  }
}
