import { isDay } from '../../clock.js';
import { parseDateFormat } from '../dateFormat.js';
import type { Profile } from './profile.js';

/** Something that all values of a column may be. Those with a type are never more lenient than its check in a load. */
export interface Kind {
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
export const NUMBER = /^(?!\+\d{7,}$)[+-]?(?:(0|[1-9]\d{0,17})(?:\.(\d{1,100}))?|\.(\d{1,100}))$/;

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
export const KINDS: readonly Kind[] = [
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

export const NUMERIC = KINDS.findIndex((kind) => kind.type === 'numeric');

function hasBothSides(profile: Profile): boolean {
  const words = profile.distinctValues().map((word) => word.toLowerCase());
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
export function withoutBlanks(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && BLANKS.has(value[start]!)) start++;
  while (start < end && BLANKS.has(value[end - 1]!)) end--;
  return value.slice(start, end);
}

/** As PostgreSQL counts them: code points. */
export function characters(value: string): number {
  return /[\ud800-\udbff]/.test(value) ? [...value].length : value.length;
}
