import { createHash } from 'node:crypto';
import { stringify } from 'csv-stringify/sync';
import type { Feed } from '../../feeds/feed.js';
import { guarded } from './formulas.js';

/**
 * The sheet: invalid rows as a CSV file that people correct in a spreadsheet. Its columns are those of the feed, and
 * around them what tells which row it is and why it is invalid.
 */
export interface Sheet {
  stamp: string;
  line: string;
  reasons: string;
  /** The feed's columns. */
  columns: string[];
  raw: string;
}

export interface SheetRow {
  /** Which row it is: of which load and line, and the first digits of its checksum. */
  stamp: string;
  line: string;
  reasons: string;
  /** The value of each column of the feed; all empty where the row could not be told apart into fields. */
  cells: string[];
  /** The row as it was delivered, where the cells do not say it all. */
  raw: string;
}

/** A feed may have a column of one of these names: no column of a feed begins with _. */
export function sheetOf(feed: Feed): Sheet {
  const columns = feed.columns.map((column) => column.name);
  const free = (name: string) => (columns.includes(name) ? `_${name}` : name);
  return { stamp: free('stamp'), line: free('line'), reasons: free('reasons'), columns, raw: free('raw') };
}

/** Names that the column of stamps may have. */
export const STAMP_NAMES = ['stamp', '_stamp'];

/** Spreadsheets know by it that the file is UTF-8. */
const MARK = '\ufeff';

export function headerText({ stamp, line, reasons, columns, raw }: Sheet, delimiter = ','): string {
  return MARK + csv([[stamp, line, reasons, ...columns, raw]], delimiter);
}

export function rowsText(rows: SheetRow[], delimiter = ','): string {
  const guardedRows = rows.map(({ stamp, line, reasons, cells, raw }) =>
    [stamp, line, reasons, ...cells, raw].map(guarded),
  );
  return csv(guardedRows, delimiter);
}

function csv(rows: string[][], delimiter: string): string {
  return stringify(rows, { delimiter, record_delimiter: '\r\n', quoted_match: /[\r\n]|^\s|\s$/ });
}

export interface Stamp {
  loadId: string;
  line: number;
  digest: string;
}

/** So written that no spreadsheet takes it for a number, a date or a time. */
export function stampOf(loadId: string, line: number | string, raw: Buffer): string {
  return `r${loadId}-${line}-${digestOf(raw)}`;
}

export function parseStamp(text: string): Stamp | undefined {
  const match = /^r(\d{1,18})-(\d{1,15})-([0-9a-f]{8})$/.exec(text.trim());
  return match ? { loadId: match[1]!, line: Number(match[2]), digest: match[3]! } : undefined;
}

/** A row of another database may have the same number and line, but hardly the same bytes. */
export function digestOf(raw: Buffer): string {
  return createHash('sha256').update(raw).digest('hex').slice(0, 8);
}
