import type { Content } from '../../content/content.js';
import { TallyError } from '../../errors.js';
import type { Glance } from '../check/glance.js';
import { rowEncoding, type Feed } from '../../feeds/feed.js';
import { decode, encode } from '../check/texts.js';
import { readStart, scanFile } from './blocks.js';
import { emptyHeader, readHeader, type Header } from './header.js';
import { readJson } from './json.js';
import { FAULT, valueOf, type Row } from './row.js';
import { Scanner, type Dialect } from './scan.js';

const LF = 10;

export interface Reader {
  /** Comes once, before the first row, with the line end of the first line. */
  header(header: Header, lineEnd: Buffer): void;
  row(row: Row): void;
  /** Asked after the header: rows that this glance is enough for come as `rows`, many at once. */
  glance?(): Glance | undefined;
  rows?(bytes: Buffer, start: number, end: number, line: number): void;
  /** Waited for between blocks. */
  afterBlock(bytesRead: number): Promise<void>;
}

/** Reads a delivery from its beginning to its end: the header, then every row. */
export async function readRows(
  content: Content,
  feed: Feed,
  maxRowBytes: number,
  reader: Reader,
): Promise<void> {
  if (isJson(content)) return readJson(content, feed, reader);
  const dialect = dialectOf(feed, maxRowBytes);
  const usual = feed.header === 'required' ? 0 : await usualCount(content, dialect);
  let seen = false;
  const scanner = new Scanner(dialect, (row) => {
    seen = true;
    const header = headerOf(feed, row, usual);
    scanner.expected = header.fields.length;
    reader.header(header, Buffer.from(row.bytes.subarray(row.end, row.next)));
    scanner.handOver((next) => reader.row(next), {
      glance: reader.glance?.(),
      onRows: (...rows) => reader.rows?.(...rows),
    });
    if (header.isRow) reader.row(row);
  });
  scanner.expected = usual;
  await scanFile(content, scanner, rowEncoding(feed), (bytesRead) => reader.afterBlock(bytesRead));
  if (seen) return;
  if (feed.header === 'required') {
    const names = feed.columns.map((column) => column.name).join(', ');
    throw new TallyError(
      'file_empty',
      `The file is empty; expected a header with ${names}. Nothing was loaded.`,
      {
        hint: 'Ask for the file again. A day without rows is delivered as a header alone.',
      },
    );
  }
  reader.header(emptyHeader(feed), Buffer.of(LF));
}

export function isJson({ name }: Pick<Content, 'name'>): boolean {
  return /\.json$/i.test(name);
}

/** Reads raw texts that are one row each, by themselves; of one that is not, it gives undefined. */
export function oneRowReader(feed: Feed): (raw: Buffer) => Row | undefined {
  let found = 0;
  const scanner = new Scanner(dialectOf(feed, Infinity), () => found++);
  return (raw) => {
    found = 0;
    scanner.scan(raw, 0, raw.length, true, false);
    return found === 1 && scanner.fault === FAULT.none && scanner.end === raw.length ? scanner : undefined;
  };
}

function dialectOf(feed: Feed, maxRowBytes: number): Dialect {
  const bytesOf = (text: string) => {
    const bytes = encode(text, rowEncoding(feed));
    if (bytes) return bytes;
    throw new TallyError('feed_invalid', `The feed is ${feed.encoding}, which has no \`${text}\`.`);
  };
  return {
    delimiter: bytesOf(feed.delimiter),
    quote: feed.quote.charCodeAt(0),
    comment: feed.comment === undefined ? undefined : bytesOf(feed.comment),
    maxRowBytes,
  };
}

const SAMPLE_BYTES = 64 * 1024;
const SAMPLE_ROWS = 20;
/** A byte order mark, which `readStart` leaves out. */
const MARK_BYTES = 3;

/**
 * How many fields most of the first rows have. Without a header the first row would have to tell, and if that
 * one is broken, all others would be judged by it.
 */
async function usualCount(content: Content, dialect: Dialect): Promise<number> {
  const counts = new Map<number, number>();
  let rows = 0;
  const scanner = new Scanner(dialect, (row) => {
    if (row.fault === FAULT.none && rows++ < SAMPLE_ROWS)
      counts.set(row.count, (counts.get(row.count) ?? 0) + 1);
  });
  const bytes = await readStart(content, SAMPLE_BYTES);
  scanner.scan(bytes, 0, bytes.length, bytes.length < SAMPLE_BYTES - MARK_BYTES, false);
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0])[0];
}

/** What the first row says of the columns; `usual` is the number of fields of the rows, where a header may be missing. */
function headerOf(feed: Feed, row: Row, usual: number): Header {
  const count = usual || feed.columns.length;
  if (row.fault !== FAULT.none && (feed.header === 'required' || resemblesHeader(feed, row))) {
    throw new TallyError(
      'header_malformed',
      'The quotes of the first line do not work out, so the file was refused.',
      {
        hint: 'The first line must be the names of the columns, quoted in pairs or not at all.',
      },
    );
  }
  const quote = feed.quote.charCodeAt(0);
  const names = Array.from({ length: row.count }, (_, i) => {
    // More names than places are refused, whatever they are.
    const name = i < row.starts.length ? valueOf(row, i, quote) : Buffer.alloc(0);
    return decode(name, 0, name.length, rowEncoding(feed));
  });
  return readHeader(feed, names, feed.header === 'required' ? names.length : count);
}

/** A broken first line is a row if it can be none, but not if it may be a header, whose order would be lost with it. */
function resemblesHeader(feed: Feed, row: Row): boolean {
  if (feed.header === 'none') return false;
  const text = decode(row.bytes, row.start, row.end, rowEncoding(feed)).toLowerCase();
  return feed.columns.some(({ name, aliases }) =>
    [name, ...aliases].some((each) => text.includes(each.toLowerCase())),
  );
}
