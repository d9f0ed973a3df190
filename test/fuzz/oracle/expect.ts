import type { Column, Feed } from '../../../src/feeds/feed.js';
import { afterNoRow, hasTooLongLine, lineAt, rowAt, type Shape, type Signs } from './shapes.js';
import { fateOf } from './values.js';

export interface ExpectedRow {
  line: number;
  raw: string;
  fields: string[] | undefined;
  /** Why it is invalid: `column:rule`, none if it is valid. */
  reasons: string[];
  /** For a valid row, for each column of the feed: as PostgreSQL may read it, and what makes it the same as another. */
  stored: (string | null)[];
  same: (string | null)[];
}

export interface Expected {
  rows: ExpectedRow[];
  /** The columns of the file in its order; undefined where the feed does not know them. */
  columns: (Column | undefined)[];
  /** Rows of several lines whose first line was given up, though RFC 4180 could take them for one. */
  overruled: number;
}

/** The error codes with which the file may be refused: several, where several things are wrong. */
export interface Refused {
  refused: string[];
}

/** What is asked of a reading at a row that may be read in two ways. */
export type GivesUp = (line: number, firstLine: string) => boolean;

/**
 * What becomes of a file by the rules of product.md. Where a quoted line break may come from a stray quote, the
 * rules leave room; there, and only there, `givesUp` is asked. A file whose rows are all right as RFC 4180 reads
 * them leaves no room.
 */
export function expectOf(
  feed: Feed,
  file: Buffer,
  maxRowBytes: number,
  givesUp: GivesUp,
): Expected | Refused {
  const text = file.toString('latin1');
  if (isUtf16(text)) return { refused: ['file_encoding'] };
  const signs = {
    delimiter: feed.encoding === 'utf-8' ? Buffer.from(feed.delimiter).toString('latin1') : feed.delimiter,
    quote: feed.quote,
    comment: feed.comment,
    maxRowBytes,
  };
  const start = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  const tooLong = hasTooLongLine(text.slice(start), maxRowBytes) ? ['row_too_long'] : [];
  const reading = readRows(text, start, signs, feed, givesUp);
  if ('refused' in reading) return { refused: [...tooLong, ...reading.refused] };
  return tooLong.length > 0 ? { refused: tooLong } : reading;
}

function readRows(
  text: string,
  start: number,
  signs: Signs,
  feed: Feed,
  givesUp: GivesUp,
): Expected | Refused {
  const found: Expected = { rows: [], columns: [], overruled: 0 };
  const usual = feed.header === 'required' ? 0 : usualCount(text, start, signs);
  let width = usual;
  let line = 1;
  let first = true;
  for (let at = start; at < text.length;) {
    const after = afterNoRow(text, at, signs);
    if (after !== undefined) {
      at = after;
      line++;
      continue;
    }
    let shape = rowAt(text, at, signs);
    if (shape.lines > 1 && width > 0) {
      const given = lineAt(text, at);
      if (givesUp(line, text.slice(at, given.end))) {
        if (isRightFrom(text, at, signs, width))
          throw new Error(`line ${line} was given up, but all rows from it on are right`);
        shape = given;
        found.overruled++;
      }
    }
    if (first) {
      first = false;
      const header = headerOf(feed, shape, text, usual);
      if ('refused' in header) return header;
      found.columns = header.columns;
      width = header.columns.length;
      if (header.isRow) found.rows.push(judge(shape, line, text, found.columns, feed));
    } else {
      found.rows.push(judge(shape, line, text, found.columns, feed));
    }
    at = shape.next;
    line += shape.lines;
  }
  if (first && feed.header === 'required') return { refused: ['file_empty'] };
  if (first) found.columns = [...feed.columns];
  setRepeatedAside(found.rows, feed);
  return found;
}

/** Whether RFC 4180 reads nothing but rows of this width from a place to the end. */
function isRightFrom(text: string, start: number, signs: Signs, width: number): boolean {
  for (let at = start; at < text.length;) {
    const after = afterNoRow(text, at, signs);
    const shape = after === undefined ? rowAt(text, at, signs) : undefined;
    if (shape && shape.fields?.length !== width) return false;
    at = after ?? shape!.next;
  }
  return true;
}

/** How many fields most of the first twenty rows have; of equal numbers the one that came first. */
function usualCount(text: string, start: number, signs: Signs): number {
  const counts: number[] = [];
  for (let at = start; at < text.length && counts.length < 20;) {
    const after = afterNoRow(text, at, signs);
    const shape = after === undefined ? rowAt(text, at, signs) : undefined;
    if (shape?.fields) counts.push(shape.fields.length);
    at = after ?? shape!.next;
  }
  const often = (count: number) => counts.filter((each) => each === count).length;
  return counts.toSorted((a, b) => often(b) - often(a))[0] ?? 0;
}

function headerOf(
  feed: Feed,
  shape: Shape,
  text: string,
  usual: number,
): { columns: (Column | undefined)[]; isRow: boolean } | Refused {
  const normal = (name: string) => name.trim().toLowerCase();
  const namesOf = (column: Column) => [column.name, ...column.aliases].map(normal);
  const malformed = { refused: ['header_malformed'] };
  if (!shape.fields) {
    const raw = softlyDecoded(text.slice(shape.start, shape.end), feed).toLowerCase();
    const resembles =
      feed.header === 'optional' &&
      feed.columns.some((column) =>
        [column.name, ...column.aliases].some((name) => raw.includes(name.toLowerCase())),
      );
    if (feed.header === 'required' || resembles) return malformed;
  }
  const names = (shape.fields ?? []).map((name) => normal(softlyDecoded(name, feed)));
  const columns = names.map((name) => feed.columns.find((column) => namesOf(column).includes(name)));
  const named = feed.header !== 'none' && columns.some((column) => column !== undefined);
  if (!named && feed.header === 'required') return { refused: ['header_missing_column'] };
  if (!named) {
    const count = usual || feed.columns.length;
    const needed = feed.columns.findLastIndex((column) => column.required) + 1;
    return count < needed || count > feed.columns.length
      ? malformed
      : { columns: feed.columns.slice(0, count), isRow: true };
  }
  const keys = columns.map((column, i) => column?.name ?? names[i]!);
  if (new Set(keys).size < keys.length) return { refused: ['header_duplicate'] };
  if (feed.columns.some((column) => column.required && !columns.includes(column)))
    return { refused: ['header_missing_column'] };
  return { columns, isRow: false };
}

/** What is no text in a name makes it another name, no more. */
function softlyDecoded(value: string, feed: Feed): string {
  return feed.encoding === 'utf-8' ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

function judge(
  shape: Shape,
  line: number,
  text: string,
  columns: (Column | undefined)[],
  feed: Feed,
): ExpectedRow {
  const { fields } = shape;
  const row: ExpectedRow = {
    line,
    raw: text.slice(shape.start, shape.end),
    fields,
    reasons: [],
    stored: [],
    same: [],
  };
  if (!fields) return { ...row, reasons: ['null:quote'] };
  if (fields.length !== columns.length) return { ...row, reasons: ['null:fields'] };
  const fates = columns.map((column, i) => column && fateOf(column, fields[i]!, feed));
  const reasons = fates.flatMap((fate, i) =>
    fate && 'reasons' in fate ? fate.reasons.map((rule) => `${columns[i]!.name}:${rule}`) : [],
  );
  if (reasons.length > 0) return { ...row, reasons };
  for (const column of feed.columns) {
    const i = columns.indexOf(column);
    // A column that did not come is as a field with nothing in it, but may be required only of files without a header.
    const fate = i < 0 ? fateOf({ ...column, required: false }, '', feed) : fates[i]!;
    if ('reasons' in fate) throw new Error('a default fits');
    row.stored.push(fate.stored);
    row.same.push(fate.same);
  }
  return row;
}

/** Of valid rows with the same key the later ones are invalid; none is like no other. */
function setRepeatedAside(rows: ExpectedRow[], feed: Feed): void {
  for (const group of feed.unique) {
    const places = group.map((name) => feed.columns.findIndex((column) => column.name === name));
    const seen = new Set<string>();
    for (const row of rows) {
      if (row.reasons.length > 0) continue;
      const values = places.map((place) => row.same[place]!);
      if (values.includes(null as unknown as string)) continue;
      const key = JSON.stringify(values);
      if (seen.has(key)) row.reasons = [`${group.join(', ')}:unique`];
      seen.add(key);
    }
  }
}

function isUtf16(text: string): boolean {
  if (/^(\xff\xfe|\xfe\xff)/.test(text)) return true;
  const head = text.slice(0, 64);
  const nuls = [0, 1]
    .map((odd) => [...head].filter((each, i) => each === '\0' && i % 2 === odd).length)
    .sort((a, b) => a - b);
  return head.length >= 4 && nuls[0] === 0 && nuls[1]! * 3 >= head.length;
}
