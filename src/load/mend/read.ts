import type { Content } from '../../content/content.js';
import { TallyError } from '../../errors.js';
import type { Column, Feed } from '../../feeds/feed.js';
import type { Reason } from '../check/reasons.js';
import { compileRows } from '../check/rows.js';
import { decode } from '../check/texts.js';
import { INVALID } from '../check/verdict.js';
import { readStart } from '../read/blocks.js';
import { readRows } from '../read/read.js';
import { valueOf, type Row } from '../read/row.js';
import { unguarded } from './formulas.js';
import { parseStamp, sheetOf, STAMP_NAMES, type SheetRow } from './sheet.js';

/** A row of a sheet that came back. */
export interface ReturnedRow extends Omit<SheetRow, 'reasons'> {
  /** How many rows of the sheet come before it. */
  position: number;
  /** Why it cannot be read, if so. */
  faults: Reason[];
}

const QUOTE = '"';
const DELIMITERS = [',', ';', '\t'];
const HEAD_BYTES = 64 * 1024;
/** A row of a sheet says more than the raw row: its reasons, and quotes. */
const LONGER = 8;

/** Spreadsheets write what is usual where they are. */
export async function delimiterOf(content: Content): Promise<string> {
  const head = (await readStart(content, HEAD_BYTES)).toString('utf8');
  const line = head.split(/[\r\n]/, 1)[0]!;
  const found = DELIMITERS.find((delimiter) =>
    line
      .split(delimiter)
      .some((name) => STAMP_NAMES.includes(name.replaceAll(QUOTE, '').trim().toLowerCase())),
  );
  if (found) return found;
  throw malformed(`The first line has no column stamp: \`${line.slice(0, 100)}\`.`);
}

/** The load whose rows a sheet has; undefined where it has none. A sheet is of one load. */
export async function loadOf(
  content: Content,
  delimiter: string,
  bytes: number,
): Promise<string | undefined> {
  const loads = new Set<string>();
  for (const name of STAMP_NAMES) {
    const feed = sheetFeed(delimiter, [name]);
    let place = -1;
    try {
      await readRows(content, feed, bytes * LONGER, {
        header: ({ fields }) => void (place = fields.findIndex((column) => column !== undefined)),
        row(row) {
          const stamp = place < row.count ? parseStamp(textOf(row, place)) : undefined;
          if (stamp) loads.add(stamp.loadId);
        },
        afterBlock: async () => {},
      });
      break;
    } catch (error) {
      if (!(error instanceof TallyError) || error.code !== 'header_missing_column') throw inOurWords(error);
    }
  }
  if (loads.size > 1) {
    const all = [...loads].slice(0, 10).join(', ');
    throw malformed(`It has rows of several loads (${all}); expected rows of one.`);
  }
  return [...loads][0];
}

/** Reads a sheet: `row` gets each row as it stands there, and `afterBlock` is waited for between some thousands. */
export async function readSheet(
  content: Content,
  feed: Feed,
  { delimiter, bytes }: { delimiter: string; bytes: number },
  reader: { row(row: ReturnedRow): void; afterBlock(): Promise<void> },
): Promise<void> {
  const sheet = sheetOf(feed);
  const wanted = [sheet.stamp, ...sheet.columns];
  const as = sheetFeed(delimiter, [...wanted, sheet.line, sheet.reasons, sheet.raw]);
  let check: ReturnType<typeof compileRows> | undefined;
  let places = new Map<string, number>();
  let position = 0;
  try {
    await readRows(content, as, bytes * LONGER, {
      header(header) {
        const absent = wanted.filter((name) => header.drift.absent.includes(name));
        if (absent.length > 0) throw malformed(`It lacks the column ${absent.join(', ')}.`);
        check = compileRows(as, header);
        places = new Map(header.fields.flatMap((column, i) => (column ? [[column.name, i]] : [])));
      },
      row(row) {
        const faults = check!.check(row) === INVALID ? check!.reasons(row) : [];
        const value = (name: string) => {
          const place = places.get(name);
          return place === undefined || place >= row.count ? '' : unguarded(textOf(row, place));
        };
        reader.row({
          position: position++,
          stamp: value(sheet.stamp),
          line: value(sheet.line),
          cells: sheet.columns.map(value),
          raw: value(sheet.raw),
          faults: faults.map((fault) => ({
            ...fault,
            message: `line ${row.line} of the sheet: ${fault.message}`,
          })),
        });
      },
      afterBlock: () => reader.afterBlock(),
    });
  } catch (error) {
    throw inOurWords(error);
  }
}

/** A sheet is read like a delivery: as a feed whose columns are texts. */
function sheetFeed(delimiter: string, names: string[]): Feed {
  const columns = names.map((name): Column => ({
    name,
    type: { kind: 'text' },
    required: false,
    aliases: [],
    formats: ['iso'],
    warn: [],
  }));
  return {
    name: 'sheet',
    title: 'Invalid rows.',
    mode: 'replace',
    agencies: 'any',
    header: 'required',
    delimiter,
    quote: QUOTE,
    encoding: 'utf-8',
    nulls: [],
    columns,
    patterns: [],
    ready: 'stable',
    key: undefined,
    unique: [],
    rules: [],
    guards: { max_invalid_percent: 100, min_rows_percent: 0, empty: 'allow' },
  };
}

/** NUL can stand in no text of the database. */
function textOf(row: Row, place: number): string {
  const value = valueOf(row, place, QUOTE.charCodeAt(0));
  return decode(value, 0, value.length, 'utf-8').replaceAll('\0', '\\x00');
}

/** What a delivery would be told of its header is told of the sheet. */
function inOurWords(error: unknown): unknown {
  if (!(error instanceof TallyError) || !/^(header_|file_empty|row_too_long)/.test(error.code)) return error;
  return malformed(
    error.message
      .replace(/ (The file was refused|Nothing was loaded)\.$/, '')
      .replace(', so the file was refused', ''),
  );
}

function malformed(message: string): TallyError {
  return new TallyError(
    'sheet_malformed',
    `The file is no sheet of invalid rows. ${message} Nothing was changed.`,
    {
      hint: 'tally invalid export writes one; keep its columns, and save it as CSV (UTF-8).',
    },
  );
}
