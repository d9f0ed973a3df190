import { characters, type Kind, KINDS, NUMBER, NUMERIC, withoutBlanks } from './kinds.js';

/** Words that files write where they have no value. */
const NULL_WORDS = new Set(['NULL', 'null', '\\N', '-', 'N/A', 'n/a']);

/** Values of which more are not asked whether they fit a type: it is out of the question then. */
export const MOST_MISSES = 1000;

const MOST_DISTINCT = 30;

const LONGEST_DISTINCT = 100;

/** What is remembered of the values of a column: the same little, however many they are. */
export class Profile {
  /** Values that are neither empty, nor blanks only, nor a word for null. */
  values = 0;
  empty = 0;
  blank = 0;
  readonly words = new Map<string, number>();
  sample = '';
  shortest = Infinity;
  longest = 0;
  least: string | undefined;
  greatest: string | undefined;
  wholeDigits = 1;
  decimals = 0;
  /** All values, while they are few. */
  distinct: Set<string> | undefined = new Set();
  readonly misses = KINDS.map(() => ({ count: 0, first: '', line: 0 }));

  /** Values met so far, in a column that may be a key, until one comes again. */
  private seen: Set<string> | undefined;

  constructor(mayBeKey: boolean) {
    this.seen = mayBeKey ? new Set() : undefined;
  }

  get isUnique(): boolean {
    return this.seen !== undefined;
  }

  add(value: string, line: number): void {
    if (value === '') {
      this.empty++;
      return;
    }
    this.remember(value);
    if (NULL_WORDS.has(value)) {
      this.words.set(value, (this.words.get(value) ?? 0) + 1);
      return;
    }
    const trimmed = withoutBlanks(value);
    const length = characters(value);
    this.longest = Math.max(this.longest, length);
    this.shortest = Math.min(this.shortest, length);
    if (trimmed === '') {
      this.blank++;
      return;
    }
    this.values++;
    this.sample ||= trimmed;
    this.judge(value, trimmed, line);
  }

  /** The kinds that all values have, the narrowest first; blanks alone are a value to those that do not trim. */
  *kinds(): Generator<Kind> {
    if (this.values === 0) return;
    for (const [i, kind] of KINDS.entries()) {
      if (this.misses[i]!.count === 0 && (kind.trims || this.blank === 0)) yield kind;
    }
  }

  private remember(value: string): void {
    this.distinct?.add(value);
    if (value.length > LONGEST_DISTINCT || (this.distinct?.size ?? 0) > MOST_DISTINCT)
      this.distinct = undefined;
    if (!this.seen) return;
    // What differs by blanks, case or a plus may be the same in its type.
    const same = value.trim().replace(/^\+/, '').toLowerCase();
    if (this.seen.has(same)) this.seen = undefined;
    else this.seen.add(same);
  }

  private judge(value: string, trimmed: string, line: number): void {
    for (let i = 0; i < KINDS.length; i++) {
      const kind = KINDS[i]!;
      const miss = this.misses[i]!;
      if (miss.count > MOST_MISSES) continue;
      if (!kind.fits(kind.trims ? trimmed : value)) {
        if (miss.count++ === 0) Object.assign(miss, { first: value, line });
      } else if (i === NUMERIC) {
        this.measure(trimmed);
      }
    }
  }

  private measure(number: string): void {
    const [, whole = '', decimals = '', only = ''] = NUMBER.exec(number)!;
    this.wholeDigits = Math.max(this.wholeDigits, whole.length);
    this.decimals = Math.max(this.decimals, decimals.length, only.length);
    if (this.least === undefined || Number(number) < Number(this.least)) this.least = number;
    if (this.greatest === undefined || Number(number) > Number(this.greatest)) this.greatest = number;
  }

  /** The values that are no words for null, while they are few. */
  distinctValues(nulls: ReadonlySet<string> = NULL_WORDS): string[] {
    return [...(this.distinct ?? [])].filter((value) => !nulls.has(value));
  }
}
