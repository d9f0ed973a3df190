import { isDay } from '../clock.js';
import { parseDateFormat } from './dateFormat.js';

/** Words that files write where they have no value. */
const NULL_WORDS = new Set(['NULL', 'null', '\\N', '-', 'N/A', 'n/a']);

/** Values of which more are not asked whether they fit a type: it is out of the question then. */
const MOST_MISSES = 1000;
const MOST_DISTINCT = 30;
const LONGEST_DISTINCT = 100;

/** Something that all values of a column may be. Those with a type are never more lenient than its check in a load. */
interface Kind {
  type:
    | 'boolean'
    | 'integer'
    | 'bigint'
    | 'numeric'
    | 'date'
    | 'timestamp'
    | 'uuid'
    | 'email'
    | 'json'
    | undefined;
  format?: string;
  /** Ends the sentence "All values are …". */
  what: string;
  /** Whether blanks around the value do not count, so that nothing but blanks is no value. */
  trims: boolean;
  fits(value: string): boolean;
  /** What must be known besides the values. */
  believed?(profile: Profile, name: string | undefined): boolean;
}

/** Of an identifier a number would lose the zeros that it begins with, or the plus of a telephone number. */
const NUMBER = /^(?!\+\d{7,}$)[+-]?(?:(0|[1-9]\d{0,17})(?:\.(\d{1,100}))?|\.(\d{1,100}))$/;
const WHOLE = /^(?!\+\d{7,}$)[+-]?(?:0|[1-9]\d{0,17})$/;

const TRUE = new Set(['true', 't', 'yes', 'y', 'on']);
const FALSE = new Set(['false', 'f', 'no', 'n', 'off']);

const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)(?:[ Tt](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6}0*)?)?(?: ?(?:[Zz]|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?))?)?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+\.[^\s@"(),:;<>[\\\].]+$/u;

const BLANKS = new Set([' ', '\t']);

/** The years 1990 to 2100, in seconds: other numbers are hardly meant as moments. */
const EPOCH = /^\d{9,10}(?:\.\d{1,6})?$/;
const EPOCH_RANGE = [631_152_000, 4_102_444_800] as const;

const TIME_NAME =
  /(?:^|_)(?:at|on|day|dt|ts|since|until|epoch|born|birthday|dob|created|updated|modified|expires|expiry|start|end|due)(?:_|$)|(?:date|time|timestamp|datum)(?:_|$)/;

const DAYS_WRITTEN = ['DD/MM/YYYY', 'MM/DD/YYYY', 'DD.MM.YYYY'];

/** The narrowest first. */
const KINDS: readonly Kind[] = [
  {
    type: 'boolean',
    what: 'words for true and false',
    trims: false,
    fits: (value) => value.length <= 5 && (TRUE.has(value.toLowerCase()) || FALSE.has(value.toLowerCase())),
    believed: hasBothSides,
  },
  {
    ...written('date', 'YYYYMMDD'),
    fits: (value) => /^(?:19|20)\d{6}$/.test(value) && isDay(value.replace(/^(....)(..)/, '$1-$2-')),
    believed: (_, name) => name !== undefined && TIME_NAME.test(name),
  },
  {
    type: 'timestamp',
    format: 'epoch',
    what: 'seconds since 1970, from 1990 to 2100, and the name speaks of a time',
    trims: true,
    fits: (value) => EPOCH.test(value) && Number(value) >= EPOCH_RANGE[0] && Number(value) <= EPOCH_RANGE[1],
    believed: (_, name) => name !== undefined && TIME_NAME.test(name),
  },
  {
    type: 'integer',
    what: 'whole numbers',
    trims: true,
    fits: (value) => WHOLE.test(value) && Math.abs(Number(value)) <= 2_147_483_647,
  },
  { type: 'bigint', what: 'whole numbers', trims: true, fits: (value) => WHOLE.test(value) },
  { type: 'numeric', what: 'decimal numbers', trims: true, fits: (value) => NUMBER.test(value) },
  {
    type: 'date',
    what: 'days as YYYY-MM-DD',
    trims: true,
    fits: (value) => value.length === 10 && isTimestamp(value),
  },
  ...DAYS_WRITTEN.map((format) => written('date', format)),
  { type: 'timestamp', what: 'ISO times', trims: true, fits: isTimestamp },
  ...DAYS_WRITTEN.flatMap((format) => [
    written('timestamp', `${format} HH:mm`),
    written('timestamp', `${format} HH:mm:ss`),
  ]),
  { type: 'uuid', what: 'UUIDs', trims: false, fits: (value) => value.length === 36 && UUID.test(value) },
  {
    type: 'email',
    what: 'email addresses',
    trims: false,
    fits: (value) => value.length <= 320 && EMAIL.test(value) && Buffer.byteLength(value) <= 320,
  },
  { type: 'json', what: 'JSON objects or lists', trims: false, fits: isJson },
  // These have no type of their own, but say why a column is a text.
  {
    type: undefined,
    what: 'digits, but some begin with 0 or +, or are more than 18: as a number they would change',
    trims: false,
    fits: (value) => /^[+-]?\d+$/.test(value),
  },
  {
    type: undefined,
    what: 'numbers with a decimal comma: only a point makes them numeric',
    trims: false,
    fits: (value) => /^[+-]?\d+(?:,\d+)?$/.test(value),
  },
];

const NUMERIC = KINDS.findIndex((kind) => kind.type === 'numeric');

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
}

export interface Guess {
  /** As a feed writes it. */
  type: string;
  format: string | undefined;
  why: string;
  isText: boolean;
  /** Values of this type that the sample has, and those that it lacks. */
  values: number;
  missing: number;
}

/** What a column is; its name is undefined where the file has no header. */
export function guess(profile: Profile, name: string | undefined, nulls: ReadonlySet<string>): Guess {
  const { values, blank, empty } = profile;
  let [missing, words] = [empty, 0];
  for (const [word, count] of profile.words) {
    if (nulls.has(word)) missing += count;
    else words += count;
  }
  const kind = words > 0 ? undefined : narrowest(profile, name);
  if (kind?.type) {
    const why = `${counted(values)} of ${counted(values)} values are ${kind.what}${detail(profile, kind)}`;
    const type = kind.type === 'numeric' ? numericType(profile) : kind.type;
    return {
      type,
      format: kind.format,
      why,
      isText: false,
      values,
      missing: missing + (kind.trims ? blank : 0),
    };
  }
  const present = values + blank + words;
  return {
    ...guessText(profile, name, nulls, present),
    format: undefined,
    isText: true,
    values: present,
    missing,
  };
}

/** The words for null of a column whose other values are all of one type: they are no texts then. */
export function nullWords(profile: Profile, name: string | undefined): string[] {
  return narrowest(profile, name) ? [...profile.words.keys()] : [];
}

function narrowest(profile: Profile, name: string | undefined): Kind | undefined {
  return [...profile.kinds()].find(({ type, believed }) => type && (believed?.(profile, name) ?? true));
}

/** Whether a first row can hold this as a name: it is no value of a type, and has a letter. */
export function isName(cell: string): boolean {
  const value = cell.trim();
  return (
    /\p{Letter}/u.test(value) &&
    value.length <= 100 &&
    !KINDS.some(({ type, fits }) => type && type !== 'boolean' && fits(value))
  );
}

/** What the values of a column all are and the name above them is not: it shows that the first row is a header. */
export function differsFrom(profile: Profile, name: string): string | undefined {
  return [...profile.kinds()].find(
    (kind) => !kind.fits(name) && (kind.believed?.(profile, undefined) ?? true),
  )?.what;
}

/** `1204` as 1,204. */
export function counted(count: number): string {
  return count.toLocaleString('en-US');
}

export function plural(count: number, noun: string): string {
  return `${counted(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A value in a comment or a quoted scalar: on one line, and nothing invisible. */
export function quoted(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(
    /[\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function shortened(value: string): string {
  return quoted(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

function detail(profile: Profile, kind: Kind): string {
  const range = `, ${profile.least} to ${profile.greatest}`;
  const alike = [...profile.kinds()];
  switch (kind.type) {
    case 'integer':
    case 'bigint': {
      const tooLarge = kind.type === 'bigint' ? ', too large for integer' : '';
      const days = alike.some(({ format }) => format === 'YYYYMMDD')
        ? '; they could be days as YYYYMMDD, too'
        : '';
      return `${range}${tooLarge}${days}`;
    }
    case 'numeric': {
      const { wholeDigits, decimals } = profile;
      return `${range}, ${wholeDigits} digits at most before the point and ${decimals} after it; there is room for ${MORE_DIGITS} more before it${decimals < LEAST_SCALE ? ` and ${LEAST_SCALE} after it` : ''}`;
    }
    case 'boolean':
      return `: ${distinctValues(profile).slice(0, 6).join(', ')}`;
    case 'date':
    case 'timestamp': {
      const twin = kind.format?.replace('DD/MM', 'MM/DD');
      const either = twin !== kind.format && alike.some(({ format }) => format === twin);
      const doubt = either ? `; ${twin} fits all of them just as well: ask which is meant` : '';
      return `, such as ${profile.sample}${doubt}`;
    }
    default:
      return '';
  }
}

const MORE_DIGITS = 4;
const LEAST_SCALE = 2;

function numericType({ wholeDigits, decimals }: Profile): string {
  const scale = Math.max(decimals, LEAST_SCALE);
  return `numeric(${wholeDigits + MORE_DIGITS + scale},${scale})`;
}

function guessText(
  profile: Profile,
  name: string | undefined,
  nulls: ReadonlySet<string>,
  present: number,
): { type: string; why: string } {
  if (present === 0) return { type: 'text', why: 'no value in the sample: there is nothing to guess from' };
  const words = [...profile.words.keys()].filter((word) => !nulls.has(word)).map((word) => word.length);
  const longest = Math.max(profile.longest, ...words);
  const shortest = Math.min(profile.shortest, ...words);
  // Half as much again, rounded up.
  const room = [10, 20, 50, 100, 200].find((length) => length >= longest * 1.5);
  const type = room === undefined ? 'text' : `varchar(${room})`;
  const span = (shortest === longest ? '' : `${counted(shortest)} to `) + plural(longest, 'character');
  const lengths = `${plural(present, 'value')} of ${span}${room === undefined ? '' : ', with room for longer ones'}`;
  const alike =
    present === profile.values ? [...profile.kinds()].find((kind) => kind.type === undefined) : undefined;
  return { type, why: `${lengths}${alike ? `; all are ${alike.what}` : almost(profile, name)}` };
}

/** A few values among many that fit no narrower type may be bad rows of the sample. */
function almost(profile: Profile, name: string | undefined): string {
  const { values, misses } = profile;
  const near = KINDS.map((kind, i) => ({ kind, miss: misses[i]! }))
    .filter(({ kind, miss }) => kind.type && miss.count <= Math.min(values / 10, MOST_MISSES))
    .filter(({ kind }) => kind.believed?.(profile, name) ?? true)
    .toSorted((a, b) => a.miss.count - b.miss.count)[0];
  if (!near || near.miss.count === 0) return '';
  const { kind, miss } = near;
  return `; ${counted(values - miss.count)} of ${counted(values)} are ${kind.what}, the first that is not: ${shortened(miss.first)} on line ${miss.line}. Is it a bad row? Then: type: ${kind.type}`;
}

/** The values that are no words for null, while they are few. */
export function distinctValues({ distinct = new Set() }: Profile): string[] {
  return [...distinct].filter((value) => !NULL_WORDS.has(value));
}

function hasBothSides(profile: Profile): boolean {
  const words = distinctValues(profile).map((word) => word.toLowerCase());
  const both = words.some((word) => TRUE.has(word)) && words.some((word) => FALSE.has(word));
  // A column of nothing but `n` or `no` may be anything: Norway, for one.
  return both || words.every((word) => word === 'true' || word === 'false');
}

function written(type: 'date' | 'timestamp', format: string): Kind {
  const pattern = parseDateFormat(format)!;
  return {
    type,
    format,
    what: `${type === 'date' ? 'days' : 'times'} as ${format}`,
    trims: true,
    fits(value) {
      const parts = value.length === format.length ? pattern.exec(value)?.groups : undefined;
      if (!parts) return false;
      const { year, month, day, hour = '00', minute = '00', second = '00' } = parts;
      return isCalendarDay(`${year}-${month}-${day}`) && hour < '24' && minute < '60' && second < '60';
    },
  };
}

function isCalendarDay(day: string): boolean {
  return day >= '0001' && isDay(day);
}

function isTimestamp(value: string): boolean {
  const day = TIMESTAMP.exec(value)?.[1];
  return day !== undefined && isCalendarDay(day);
}

/** What PostgreSQL cannot store of JSON (NUL, half a surrogate pair, huge exponents, great depth) is left to be a text. */
function isJson(value: string): boolean {
  if (!/^\s*[[{]/.test(value) || /\\u(?:0000|d[89a-f])|[eE][+-]?\d{4,}/i.test(value)) return false;
  if ((value.match(/[[{]/g)?.length ?? 0) > 500) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** Without the blanks around it: those that a load passes over. */
function withoutBlanks(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && BLANKS.has(value[start]!)) start++;
  while (start < end && BLANKS.has(value[end - 1]!)) end--;
  return value.slice(start, end);
}

/** As PostgreSQL counts them: code points. */
function characters(value: string): number {
  return /[\ud800-\udbff]/.test(value) ? [...value].length : value.length;
}
