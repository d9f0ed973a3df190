import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { openContent, type Content } from '../../content/content.js';
import { latin1As1252 } from '../../content/windows1252.js';
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
  encoding: 'utf-8' | 'utf-16' | 'windows-1252';
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
  const { bytes, isCut, name, isUtf16 } = await readBeginning(path);
  if (bytes.length === 0) {
    throw new TallyError('file_empty', `${path} is empty; expected a CSV file with some rows.`, {
      hint: ASK,
    });
  }
  refuseJson(path, name, bytes);
  const decoded = decode(bytes, isUtf16);
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

interface Beginning {
  bytes: Buffer;
  isCut: boolean;
  /** The name of what was packed, if it was. */
  name: string;
  isUtf16: boolean;
}

/** No more is unpacked than is looked at, so there is nothing to limit. */
const UNLIMITED = { maxUnpackedBytes: Infinity, maxUnpackRatio: Infinity };

async function readBeginning(path: string): Promise<Beginning> {
  const info: Stats = await stat(path).catch((cause: unknown) => refuse(path, cause));
  if (!info.isFile()) {
    const what = info.isDirectory() ? 'a folder' : 'not a regular file';
    throw new TallyError('file_not_regular', `${path} is ${what}; expected a CSV file.`, {
      hint: 'Name one file: tally feeds infer FILE',
    });
  }
  const options = { encoding: 'guessed', limits: UNLIMITED } as const;
  const content = await openContent(path, basename(path), options).catch((cause: unknown) =>
    refuse(path, cause),
  );
  try {
    return {
      ...(await readBlocks(content)),
      name: content.name,
      isUtf16: content.rawEncoding.startsWith('utf-16'),
    };
  } catch (cause) {
    return refuse(path, cause);
  } finally {
    await content.close();
  }
}

async function readBlocks(content: Content): Promise<Pick<Beginning, 'bytes' | 'isCut'>> {
  const reading = content.begin();
  try {
    const blocks: Buffer[] = [];
    let [length, lines] = [0, 0];
    while (length < MOST_BYTES && lines <= MOST_ROWS) {
      const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
      const bytesRead = await reading.read(buffer, 0, BLOCK_BYTES);
      if (bytesRead === 0) return { bytes: Buffer.concat(blocks), isCut: false };
      const block = buffer.subarray(0, bytesRead);
      for (let i = block.indexOf(LF); i >= 0; i = block.indexOf(LF, i + 1)) lines++;
      blocks.push(block);
      length += bytesRead;
    }
    const isCut = (await reading.read(Buffer.allocUnsafe(1), 0, 1)) > 0;
    return { bytes: isCut ? wholeLines(Buffer.concat(blocks)) : Buffer.concat(blocks), isCut };
  } finally {
    await reading.close();
  }
}

function refuse(path: string, cause: unknown): never {
  if (cause instanceof TallyError) throw cause;
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

function refuseJson(path: string, name: string, bytes: Buffer): void {
  if (/\.json$/i.test(name) || /^(?:\ufeff)?\s*[[{]\s*["{[\]}]/.test(bytes.toString('utf8', 0, 4096))) {
    throw new TallyError('usage', `${path} is JSON; expected CSV: a feed is guessed from CSV samples only.`, {
      hint: 'A feed for JSON is written by hand: see `json` in docs/feeds.md.',
    });
  }
}

function decode(
  bytes: Buffer,
  isUtf16: boolean,
): Pick<Sample, 'bytes' | 'encoding' | 'isAscii' | 'unstorable'> {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = isMarked ? bytes.subarray(3) : bytes;
  if (isUtf8(body)) {
    const isAscii = body.every((byte) => byte < 0x80);
    const encoding = isUtf16 ? 'utf-16' : 'utf-8';
    return { bytes: body, encoding, isAscii, unstorable: body.includes(0) ? /\0/ : undefined };
  }
  const text = new TextDecoder('utf-8').decode(body);
  // A few broken characters among many good ones are broken rows, not another encoding.
  if (isMarked || isUtf16 || mostlyCharacters(text)) {
    const encoding = isUtf16 ? 'utf-16' : 'utf-8';
    return { bytes: Buffer.from(text), encoding, isAscii: false, unstorable: /[\0\ufffd]/ };
  }
  return {
    bytes: Buffer.from(latin1As1252(body.toString('latin1'))),
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
