import type { FileHandle } from 'node:fs/promises';
import { TallyError } from '../../errors.js';
import type { Feed } from '../../feeds/feed.js';
import { decode } from '../check/texts.js';
import { scanFile } from './blocks.js';
import { emptyHeader, readHeader, type Header } from './header.js';
import { readJson } from './json.js';
import { DOUBLED, FAULT, undouble, type Row } from './row.js';
import { Scanner } from './scan.js';

export interface Reader {
  /** Comes once, before the first row. */
  header(header: Header): void;
  row(row: Row): void;
  /** Waited for between blocks. */
  afterBlock(bytesRead: number): Promise<void>;
}

/** Reads a delivery from its beginning to its end: the header, then every row. */
export async function readRows(
  file: FileHandle,
  fileName: string,
  feed: Feed,
  maxRowBytes: number,
  reader: Reader,
): Promise<void> {
  if (/\.json$/i.test(fileName)) return readJson(file, feed, reader);
  const dialect = {
    delimiter: Buffer.from(feed.delimiter),
    quote: feed.quote.charCodeAt(0),
    comment: feed.comment === undefined ? undefined : Buffer.from(feed.comment),
    maxRowBytes,
  };
  let seen = false;
  const scanner = new Scanner(dialect, (row) => {
    seen = true;
    const header = readHeader(feed, headerNames(feed, row));
    scanner.expected = header.fields.length;
    scanner.handOver((next) => reader.row(next));
    reader.header(header);
    if (header.isRow) reader.row(row);
  });
  await scanFile(file, scanner, feed.encoding, (bytesRead) => reader.afterBlock(bytesRead));
  if (seen) return;
  if (feed.header === 'required') {
    const names = feed.columns.map((column) => column.name).join(', ');
    throw new TallyError('file_empty', `The file is empty; expected a header with ${names}. Nothing was loaded.`, {
      hint: 'Ask for the file again. A day without rows is delivered as a header alone.',
    });
  }
  reader.header(emptyHeader(feed));
}

function headerNames(feed: Feed, row: Row): string[] {
  if (row.fault !== FAULT.none) {
    throw new TallyError('header_malformed', 'The quotes of the first line do not work out, so the file was refused.', {
      hint: 'The first line must be the names of the columns, quoted in pairs or not at all.',
    });
  }
  return Array.from({ length: Math.min(row.count, row.starts.length) }, (_, i) => {
    const [start, end] = [row.starts[i]!, row.ends[i]!];
    const name =
      row.written[i] === DOUBLED
        ? undouble(row.bytes, start, end, feed.quote.charCodeAt(0))
        : row.bytes.subarray(start, end);
    return decode(name, 0, name.length, feed.encoding);
  });
}
