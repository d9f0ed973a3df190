import { parseDateFormat } from '../../feeds/dateFormat.js';
import { isBlank } from './numbers.js';
import { AS_IS, INVALID, MISSING, REWRITE, type ValueCheck, type Verdict } from './verdict.js';

const DASH = 45;
const COLON = 58;
const MOST_DECIMALS = 30;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads one format: whether the value has it, and for all but ISO the value as PostgreSQL reads it. */
interface Format {
  fits(bytes: Buffer, start: number, end: number): boolean;
  rewrite?(text: string): string;
}

export interface TimeReader {
  check: ValueCheck;
  /** The value in ISO form: as it is written into the table, and as bounds are compared with it. */
  iso(text: string): string;
}

/** Formats are tried in the order in which the feed names them. */
export function timeReader(kind: 'date' | 'timestamp', formats: readonly string[]): TimeReader {
  const readers = formats.map((name) => formatReader(kind, name));
  return {
    check(bytes, start, end): Verdict {
      while (start < end && isBlank(bytes[start])) start++;
      if (start === end) return MISSING;
      while (isBlank(bytes[end - 1])) end--;
      for (const reader of readers) {
        if (reader.fits(bytes, start, end)) return reader.rewrite ? REWRITE : AS_IS;
      }
      return INVALID;
    },
    iso(text) {
      const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
      const bytes = Buffer.from(trimmed, 'latin1');
      const reader = readers.find((each) => each.fits(bytes, 0, bytes.length));
      return reader?.rewrite ? reader.rewrite(trimmed) : trimmed;
    },
  };
}

function formatReader(kind: 'date' | 'timestamp', name: string): Format {
  if (name === 'iso') return { fits: kind === 'date' ? isDate : isTimestamp };
  if (name === 'epoch') {
    return {
      fits: isEpoch,
      rewrite: (text) => (kind === 'date' ? fromEpoch(text).slice(0, 10) : fromEpoch(text)),
    };
  }
  const pattern = parseDateFormat(name)!;
  return {
    fits: (bytes, start, end) => {
      const groups = pattern.exec(bytes.toString('latin1', start, end))?.groups;
      return groups !== undefined && isWritten(groups);
    },
    rewrite: (text) => {
      const { year, month, day, hour, minute, second } = pattern.exec(text)!.groups!;
      const date = `${year}-${month}-${day}`;
      return kind === 'date' || hour === undefined ? date : `${date} ${hour}:${minute}:${second ?? '00'}`;
    },
  };
}

function isWritten(groups: Record<string, string | undefined>): boolean {
  return (
    isCalendarDay(Number(groups.year), Number(groups.month), Number(groups.day)) &&
    Number(groups.hour ?? 0) < 24 &&
    Number(groups.minute ?? 0) < 60 &&
    Number(groups.second ?? 0) < 60
  );
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  // Written so that what is no number is no day either.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= DAYS[month - 1]! + (leap ? 1 : 0);
}

/** YYYY-MM-DD */
function isDate(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 10 && isDateAt(bytes, start);
}

function isDateAt(bytes: Buffer, at: number): boolean {
  return (
    bytes[at + 4] === DASH &&
    bytes[at + 7] === DASH &&
    isCalendarDay(two(bytes, at) * 100 + two(bytes, at + 2), two(bytes, at + 5), two(bytes, at + 8))
  );
}

/** YYYY-MM-DD, then optionally T or a blank, HH:MM, :SS, decimals of a second (6 count), and Z, +HH, +HHMM or +HH:MM. */
function isTimestamp(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 10 || !isDateAt(bytes, start)) return false;
  let i = start + 10;
  if (i === end) return true;
  const between = bytes[i]!;
  if (between !== 32 && between !== 84 && between !== 116) return false;
  if (end - i < 6 || bytes[i + 3] !== COLON) return false;
  if (!below(two(bytes, i + 1), 24) || !below(two(bytes, i + 4), 60)) return false;
  i += 6;
  if (i < end && bytes[i] === COLON) {
    if (end - i < 3 || !below(two(bytes, i + 1), 60)) return false;
    i += 3;
    if (i < end && bytes[i] === 46) {
      const decimals = i + 1;
      i = decimals;
      for (; i < end && bytes[i]! >= 48 && bytes[i]! <= 57; i++) {
        // PostgreSQL would round what comes after the sixth.
        if (i - decimals >= 6 && bytes[i] !== 48) return false;
        // What is longer than a time can be it does not read at all.
        if (i - decimals >= MOST_DECIMALS) return false;
      }
      if (i === decimals) return false;
    }
  }
  return i === end || isZone(bytes, i, end);
}

function isZone(bytes: Buffer, start: number, end: number): boolean {
  let i = bytes[start] === 32 ? start + 1 : start;
  const sign = bytes[i];
  if (sign === 90 || sign === 122) return i + 1 === end;
  if (sign !== 43 && sign !== DASH) return false;
  i++;
  if (end - i < 2 || !below(two(bytes, i), 16)) return false;
  i += 2;
  if (i === end) return true;
  if (bytes[i] === COLON) i++;
  return end - i === 2 && below(two(bytes, i), 60);
}

/** Two digits as a number; NaN where they are not. */
function two(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function below(value: number, limit: number): boolean {
  return value < limit;
}

const EPOCH = /^(-?\d{1,12})(?:\.(\d{1,6})0*)?$/;
/** The years 1 to 9999, as all other formats. */
const EPOCH_RANGE: readonly [number, number] = [-62_135_596_800, 253_402_300_799];

function isEpoch(bytes: Buffer, start: number, end: number): boolean {
  const match = EPOCH.exec(bytes.toString('latin1', start, end));
  if (!match) return false;
  const seconds = Number(match[1]);
  // A fraction before 1970 would count the other way; nobody writes that, so it is not read.
  return seconds >= EPOCH_RANGE[0] && seconds <= EPOCH_RANGE[1] && !(match[1]!.startsWith('-') && match[2]);
}

function fromEpoch(text: string): string {
  const [, seconds, decimals] = EPOCH.exec(text)!;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${decimals ? `.${decimals}` : ''}Z`;
}
