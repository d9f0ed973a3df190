import type { Day } from '../../clock.js';
import type { ErrorCode } from '../../errors.js';

/** What was compared when something differs. */
type DifferenceKind = 'file' | 'ledger' | 'table' | 'row' | 'invalid_row';

export interface ColumnDifference {
  column: string;
  /** As the file has it; null where it has no value. */
  expected: string | null;
  /** As the warehouse has it. */
  found: string | null;
}

/** One thing that is in the warehouse, or in the archive, in another way than it was delivered. */
export interface Difference {
  kind: DifferenceKind;
  /** The line of the file on which the row starts; null where the file has no such row, or no row is meant. */
  line: number | null;
  /** The row as it stands in the file, or in the table where the file has none. */
  row: string | null;
  /** For a row that is on both sides: what differs. */
  columns: ColumnDifference[];
  message: string;
}

export interface Counted {
  rowsRead: number;
  rowsLoaded: number;
  rowsInvalid: number;
  rowsRepeated: number;
}

/** What came of verifying a load. */
export interface Verification {
  loadId: string;
  feed: string;
  agency: string | null;
  businessDate: Day | null;
  file: string;
  outcome: 'verified' | 'different' | 'unverifiable';
  rowForRow: boolean;
  /** The checksum of the file as it was found. */
  sha256: string | null;
  /** Counted anew; null where the file could not be read. */
  counted: Counted | null;
  /** Of the rows that the table should have, and of those that it has. */
  fileDigest: string | null;
  tableDigest: string | null;
  differenceCount: number;
  /** The first of them. */
  differences: Difference[];
  code: ErrorCode | null;
  message: string | null;
  hint: string | null;
  seconds: number;
}

/** Gathers differences: all are counted, the first of each kind are kept. */
export class Differences {
  count = 0;
  private readonly kept: Difference[] = [];

  constructor(readonly limit: number) {}

  /** How many more of a kind are worth to be found out in detail. */
  room(kind: DifferenceKind): number {
    return Math.max(0, this.limit - this.kept.filter((each) => each.kind === kind).length);
  }

  add(
    kind: DifferenceKind,
    message: string,
    where: { line?: number; row?: string | null; columns?: ColumnDifference[] } = {},
  ): void {
    this.count++;
    if (this.room(kind) === 0) return;
    const { line = null, row = null, columns = [] } = where;
    this.kept.push({ kind, line, row, columns, message });
  }

  /** Those that are known only by their number. */
  addUnseen(count: number): void {
    this.count += count;
  }

  /** What concerns all first, then line by line. */
  first(): Difference[] {
    const lineOf = ({ kind, line }: Difference) =>
      kind === 'row' || kind === 'invalid_row' ? (line ?? Infinity) : 0;
    return [...this.kept]
      .sort((a, b) => {
        const [left, right] = [lineOf(a), lineOf(b)];
        return left === right ? 0 : left - right;
      })
      .slice(0, this.limit);
  }
}
