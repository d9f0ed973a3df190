import { TallyError } from '../errors.js';
import type { Column, Feed } from '../feeds/feed.js';
import type { Control } from '../inbox/manifest.js';
import { isBlank } from './check/numbers.js';
import { FAULT, valueOf, type Row } from './read/row.js';

const [ZERO, NINE, POINT, PLUS, MINUS] = [48, 57, 46, 43, 45];
/** So many digits are exact in a number, and so is the sum of a few hundred of them. */
const SMALL_DIGITS = 13;
const FLUSH_AT = 2 ** 52;

/** The exact sum of decimal numbers: of each count of decimals one, so that adding one is as a rule one addition. */
export class ExactSum {
  private readonly small: number[] = [];
  private readonly big: bigint[] = [];

  /** Adds what stands there, if it is a sign, digits and a point, with blanks around it. */
  add(bytes: Buffer, from: number, to: number): void {
    let [start, end] = [from, to];
    while (start < end && isBlank(bytes[start])) start++;
    while (start < end && isBlank(bytes[end - 1])) end--;
    const signed = bytes[start] === MINUS || bytes[start] === PLUS;
    let [value, digits, point] = [0, 0, -1];
    for (let i = signed ? start + 1 : start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === POINT && point < 0) {
        point = i;
      } else {
        if (byte < ZERO || byte > NINE) return;
        value = value * 10 + (byte - ZERO);
        digits++;
      }
    }
    if (digits === 0) return;
    const decimals = point < 0 ? 0 : end - point - 1;
    if (digits > SMALL_DIGITS) {
      const text = bytes.toString('latin1', start, end).replace('.', '').replace('+', '');
      this.big[decimals] = (this.big[decimals] ?? 0n) + BigInt(text);
      return;
    }
    const sum = (this.small[decimals] ?? 0) + (bytes[start] === MINUS ? -value : value);
    this.small[decimals] = sum;
    if (Math.abs(sum) > FLUSH_AT) this.flush();
  }

  addText(text: string): this {
    const bytes = Buffer.from(text, 'latin1');
    this.add(bytes, 0, bytes.length);
    return this;
  }

  equals(other: ExactSum): boolean {
    return this.toString() === other.toString();
  }

  /** Without zeros that say nothing. */
  toString(): string {
    this.flush();
    const most = Math.max(0, this.big.length - 1);
    const scaled = this.big.reduce((sum, each, decimals) => sum + each * 10n ** BigInt(most - decimals), 0n);
    const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(most + 1, '0');
    const whole = digits.slice(0, digits.length - most);
    const decimals = digits.slice(digits.length - most).replace(/0+$/, '');
    return `${scaled < 0n ? '-' : ''}${whole}${decimals && '.'}${decimals}`;
  }

  private flush(): void {
    this.small.forEach((sum, decimals) => {
      this.big[decimals] = (this.big[decimals] ?? 0n) + BigInt(sum);
    });
    this.small.length = 0;
  }
}

interface Total {
  column: string;
  /** Which field of a row it is; -1 where the file does not have it. */
  field: number;
  expected: ExactSum;
  found: ExactSum;
}

/**
 * What the manifest of a delivery says of its rows, held against all that were read, be they valid or not: how many
 * they are, and the sums of columns over what is written there as a decimal number. A row whose fields cannot be told
 * apart, or which has not as many as there are columns, adds nothing.
 */
export class ControlTotals {
  private readonly totals: Total[];
  private fieldCount = 0;
  private leftOut = 0;

  constructor(
    private readonly feed: Feed,
    private readonly control: Control,
  ) {
    this.totals = Object.entries(control.totals ?? {}).map(([name, expected]) => ({
      column: columnNamed(feed, name),
      field: -1,
      expected: new ExactSum().addText(expected),
      found: new ExactSum(),
    }));
  }

  header(fields: readonly (Column | undefined)[]): void {
    this.fieldCount = fields.length;
    for (const total of this.totals)
      total.field = fields.findIndex((column) => column?.name === total.column);
  }

  add(row: Row): void {
    if (row.fault !== FAULT.none || row.count !== this.fieldCount) {
      this.leftOut++;
      return;
    }
    for (const { field, found } of this.totals) {
      if (field < 0) continue;
      const value = valueOf(row, field, this.feed.quote.charCodeAt(0));
      found.add(value, 0, value.length);
    }
  }

  refuseOthers(rowsRead: number): void {
    const { rows } = this.control;
    if (rows !== undefined && rows !== rowsRead) throw differs(`${rows} rows`, `${rowsRead}`);
    for (const { column, expected, found } of this.totals) {
      if (expected.equals(found)) continue;
      const left =
        this.leftOut === 0
          ? ''
          : `, without ${this.leftOut === 1 ? 'a row' : `${this.leftOut} rows`} whose fields do not work out`;
      throw differs(`${expected} as the total of ${column}`, `${found}${left}`);
    }
  }
}

function columnNamed(feed: Feed, name: string): string {
  const wanted = name.trim().toLowerCase();
  const column = feed.columns.find((each) =>
    [each.name, ...each.aliases].some((known) => known.trim().toLowerCase() === wanted),
  );
  if (column) return column.name;
  throw new TallyError(
    'manifest_invalid',
    `The manifest has a total of ${name}, and the feed ${feed.name} has no such column. Nothing was loaded.`,
    { hint: `Declare the column in feeds/${feed.name}.yaml, or have the total left out.` },
  );
}

function differs(expected: string, found: string): TallyError {
  return new TallyError(
    'manifest_differs',
    `The manifest says ${expected}; the file has ${found}. Nothing was loaded; the rows before stay.`,
    { hint: 'Ask for the file again. A corrected manifest is taken up by the next run.' },
  );
}
