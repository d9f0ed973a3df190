import type { Feed } from '../../feeds/feed.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import { compileRows, type RowCheck, type Warning } from '../check/rows.js';
import type { Reason } from '../check/reasons.js';
import { INVALID } from '../check/verdict.js';
import { rowOfValues } from '../read/values.js';
import { NumberedText } from '../text.js';
import { splitterOf, type Splitter } from './cells.js';
import type { ReturnedRow } from './read.js';
import { digestOf, parseStamp } from './sheet.js';
import type { MendSubject } from './subject.js';

/** A row of the sheet after it was looked at by itself: it has reasons, or its values are in the text for COPY. */
export interface Offered {
  position: number;
  line_number: number | null;
  given: Omit<ReturnedRow, 'faults' | 'position'>;
  reasons: Reason[] | null;
}

interface RecordedRow {
  line_number: string;
  raw: Buffer;
  encoding: string;
  reasons: Reason[];
}

/** Holds the rows of a sheet against what is recorded of them, and checks each by the rules of the feed. */
export class Judge {
  private readonly check: RowCheck;
  private readonly text: NumberedText;
  private readonly split: Splitter;
  private readonly accepted = new Set<number>();

  constructor(
    private readonly client: Client,
    private readonly subject: MendSubject,
    private readonly feed: Feed,
  ) {
    // Whatever the delivery was written in, a sheet is UTF-8; and it has every column.
    this.check = compileRows({ ...feed, encoding: 'utf-8' }, { fields: feed.columns });
    this.text = new NumberedText(this.check, feed.quote.charCodeAt(0));
    this.split = splitterOf(subject.feed ?? feed, subject.fields);
  }

  /** Rows of the sheet, some thousands of them. */
  async judge(rows: ReturnedRow[]): Promise<Offered[]> {
    const lines = rows.flatMap(({ stamp }) => parseStamp(stamp)?.line ?? []);
    const { rows: recorded } = await this.client.query<RecordedRow>(statement('mend/find_rows'), [
      this.subject.loadId,
      lines,
    ]);
    const byLine = new Map(recorded.map((row) => [Number(row.line_number), row]));
    return rows.map(({ position, faults, ...given }) => {
      const stamp = parseStamp(given.stamp);
      const found = stamp && byLine.get(stamp.line);
      const isKnown = found !== undefined && digestOf(found.raw) === stamp!.digest;
      const reasons = isKnown
        ? this.reasonsOf(given.cells, stamp!.line, faults, found)
        : [...faults, unknownStamp(given.stamp, this.subject.loadId)];
      return { position, line_number: isKnown ? stamp!.line : null, given, reasons };
    });
  }

  /** The valid rows since the last time, as COPY reads them. */
  take(): Buffer[] {
    return this.text.take();
  }

  sent(): void {
    this.text.sent();
  }

  warnings(): Warning[] {
    return this.check.warnings();
  }

  private reasonsOf(cells: string[], line: number, faults: Reason[], recorded: RecordedRow): Reason[] | null {
    if (faults.length > 0) return faults;
    if (cells.every((cell) => cell === '')) return [uncorrected];
    if (this.accepted.has(line)) return [twice];
    const unclean = this.unclean(cells, recorded);
    if (unclean.length > 0) return unclean;
    const row = rowOfValues(this.feed, cells, line);
    if (this.check.check(row) === INVALID) return this.check.reasons(row);
    this.accepted.add(line);
    this.text.write(row);
    return null;
  }

  /** Bytes that are no text are shown as \xNN in the sheet, which must not be loaded as if someone had meant it. */
  private unclean(cells: string[], { raw, encoding, reasons }: RecordedRow): Reason[] {
    if (!reasons.some(({ rule }) => rule === 'encoding')) return [];
    const delivered = this.split(raw, encoding);
    return reasons.filter(({ rule, column }) => {
      const before = rule === 'encoding' && column !== null ? delivered?.get(column) : undefined;
      const place = this.feed.columns.findIndex(({ name }) => name === column);
      return before !== undefined && !before.isClean && before.text === cells[place];
    });
  }
}

const uncorrected: Reason = {
  column: null,
  value: null,
  rule: 'values',
  message: 'expected values in the columns, got none: the row as it was delivered stands in `raw`',
};

const twice: Reason = {
  column: null,
  value: null,
  rule: 'stamp',
  message: 'expected each row once in the sheet, got it again',
};

function unknownStamp(value: string, loadId: string): Reason {
  const message = `expected the stamp of an invalid row of load ${loadId} as it was exported, got \`${value}\``;
  return { column: null, value, rule: 'stamp', message };
}
