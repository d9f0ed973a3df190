import { utf8Of } from '../../content/utf16.js';
import { rowEncoding, type Feed } from '../../feeds/feed.js';
import { shownBytes, shownUtf16 } from '../check/reasons.js';
import { decode } from '../check/texts.js';
import type { Fields } from '../fill.js';
import { isCleanField } from '../read/blocks.js';
import { readJsonRow } from '../read/json.js';
import { oneRowReader } from '../read/read.js';
import { FAULT, valueOf, type Row } from '../read/row.js';

/** A value of a raw row as it is shown. */
export interface Cell {
  text: string;
  /** Whether it has only characters of the file's encoding; other bytes are shown as \xNN. */
  isClean: boolean;
}

/** The values of a raw row by the names of their columns; undefined where it cannot be told apart into them. */
export type Splitter = (raw: Buffer, encoding: string) => Map<string, Cell> | undefined;

/** Tells raw rows of a load apart, by its feed and the order of its fields as they were then. */
export function splitterOf(feed: Feed, fields: Fields | undefined): Splitter {
  if (fields === undefined) return () => undefined;
  const isNamed = fields.length === 0;
  const names = isNamed ? feed.columns.map((column) => column.name) : fields;
  const readRow = isNamed ? undefined : oneRowReader(feed);
  return (raw, encoding) => {
    const bytes = rowBytes(raw, encoding);
    const row = readRow ? readRow(bytes) : readJsonRow(feed, bytes.toString(), 0);
    if (row?.fault !== FAULT.none || row.count !== names.length) return undefined;
    return new Map(
      names.flatMap((name, i): [string, Cell][] => (name === null ? [] : [[name, cellOf(feed, row, i)]])),
    );
  };
}

/** A raw row, as far as it can be read, as one text. */
export function rawText(feed: Feed, raw: Buffer, encoding: string): string {
  return shownIn(feed, rowBytes(raw, encoding));
}

function rowBytes(raw: Buffer, encoding: string): Buffer {
  if (encoding === 'utf-16le') return utf8Of(raw, 'little');
  return encoding === 'utf-16be' ? utf8Of(raw, 'big') : raw;
}

function cellOf(feed: Feed, row: Row, field: number): Cell {
  const value = valueOf(row, field, feed.quote.charCodeAt(0));
  const isClean = isCleanField(value, rowEncoding(feed));
  return {
    text: isClean ? decode(value, 0, value.length, rowEncoding(feed)) : shownIn(feed, value),
    isClean,
  };
}

function shownIn(feed: Feed, bytes: Buffer): string {
  return feed.encoding === 'utf-16'
    ? shownUtf16(bytes, Infinity)
    : shownBytes(bytes, rowEncoding(feed), Infinity);
}
