import { TallyError } from '../../errors.js';
import type { Column } from '../../feeds/feed.js';
import { isNumber, writeType } from '../../feeds/type.js';
import type { Encoding } from '../read/blocks.js';
import { compareNumbers, integerCheck, numericCheck } from './numbers.js';
import {
  booleanCheck,
  countCharacters,
  decode,
  emailCheck,
  encode,
  jsonCheck,
  textCheck,
  uuidCheck,
  varcharCheck,
} from './texts.js';
import { timeReader } from './times.js';
import type { ValueCheck } from './verdict.js';

/** A rule of a column beside its type. */
export interface ColumnRule {
  name: 'min' | 'max' | 'length' | 'pattern' | 'one_of';
  expected: string;
  warns: boolean;
  fits(bytes: Buffer, start: number, end: number): boolean;
}

/** What is known of a column once its feed is read: made once for each load, asked for each value. */
export interface ColumnCheck {
  column: Column;
  expected: string;
  type: ValueCheck;
  rules: ColumnRule[];
  /** The value as PostgreSQL reads it, where a format of its own is declared. */
  rewrite: ((text: string) => string) | undefined;
  /** A value that has passed `type`, in the form that `compare` takes. */
  comparable(text: string): string;
  compare(left: string, right: string): number;
  /** Whether blanks around the value do not count. */
  trims: boolean;
  /** The default, as the file would write it. */
  fallback: Buffer | undefined;
}

export function compileColumn(column: Column, encoding: Encoding): ColumnCheck {
  const { type } = column;
  const common = {
    column,
    rewrite: undefined,
    trims: false,
    comparable: (text: string) => text,
    compare: compareTexts,
    fallback: fallbackOf(column, encoding),
  };
  const made: Omit<ColumnCheck, 'rules'> = (() => {
    switch (type.kind) {
      case 'integer':
      case 'bigint':
        return {
          ...common,
          expected: type.kind === 'integer' ? 'an integer' : 'a big integer',
          type: integerCheck(type.kind),
          compare: compareNumbers,
          trims: true,
        };
      case 'numeric':
        return {
          ...common,
          expected:
            type.precision === undefined
              ? 'a decimal number'
              : `a decimal number that fits ${writeType(type)}`,
          type: numericCheck(type.precision, type.scale),
          compare: compareNumbers,
          trims: true,
        };
      case 'date':
      case 'timestamp': {
        const reader = timeReader(type.kind, column.formats);
        const rewrites = column.formats.some((format) => format !== 'iso');
        return {
          ...common,
          expected: `a ${type.kind} (${column.formats.map(formatName(type.kind)).join(' or ')})`,
          type: reader.check,
          rewrite: rewrites ? (text) => reader.iso(text) : undefined,
          comparable: (text) => reader.iso(text),
          compare: compareMoments,
          trims: true,
        };
      }
      case 'boolean':
        return {
          ...common,
          expected: 'a boolean (true, false, t, f, yes, no, y, n, on, off, 1, 0)',
          type: booleanCheck,
        };
      case 'varchar':
        return {
          ...common,
          expected: `${type.length} characters at most`,
          type: varcharCheck(type.length, encoding),
        };
      case 'text':
        return { ...common, expected: 'a text', type: textCheck };
      case 'uuid':
        return { ...common, expected: 'a UUID', type: uuidCheck };
      case 'email':
        return { ...common, expected: 'an email address', type: emailCheck(encoding) };
      case 'json':
        return { ...common, expected: 'JSON with each name once', type: jsonCheck(encoding) };
    }
  })();
  return { ...made, rules: columnRules(column, made, encoding) };
}

function columnRules(column: Column, made: Omit<ColumnCheck, 'rules'>, encoding: Encoding): ColumnRule[] {
  const rules: ColumnRule[] = [];
  const add = (name: ColumnRule['name'], expected: string, fits: ColumnRule['fits']) =>
    rules.push({ name, expected, fits, warns: column.warn.includes(name) });
  const text = (bytes: Buffer, start: number, end: number) => {
    const whole = decode(bytes, start, end, encoding);
    return made.trims ? whole.trim() : whole;
  };
  const against = (bound: string) => {
    const limit = made.comparable(bound);
    return (bytes: Buffer, start: number, end: number) =>
      made.compare(made.comparable(text(bytes, start, end)), limit);
  };
  if (column.min !== undefined) {
    const compared = against(String(column.min));
    add('min', `at least ${column.min}`, (bytes, start, end) => compared(bytes, start, end) >= 0);
  }
  if (column.max !== undefined) {
    const compared = against(String(column.max));
    add('max', `at most ${column.max}`, (bytes, start, end) => compared(bytes, start, end) <= 0);
  }
  if (column.length !== undefined) {
    const { min = 0, max = Infinity } =
      typeof column.length === 'number' ? { min: column.length, max: column.length } : column.length;
    add('length', lengthText(min, max), (bytes, start, end) => {
      const count = made.trims
        ? text(bytes, start, end).length
        : countCharacters(bytes, start, end, encoding);
      return count >= min && count <= max;
    });
  }
  if (column.pattern !== undefined) {
    const pattern = new RegExp(`^(?:${column.pattern})$`, 'u');
    add('pattern', `a value that matches ${column.pattern}`, (bytes, start, end) =>
      pattern.test(text(bytes, start, end)),
    );
  }
  if (column.one_of !== undefined) {
    const allowed = column.one_of.map(String);
    const set = new Set(allowed);
    add('one_of', `one of ${allowed.join(', ')}`, (bytes, start, end) => {
      const value = text(bytes, start, end);
      return (
        set.has(value) || (isNumber(column.type) && allowed.some((each) => compareNumbers(each, value) === 0))
      );
    });
  }
  return rules;
}

function formatName(kind: 'date' | 'timestamp') {
  return (format: string): string => {
    if (format === 'epoch') return 'epoch seconds';
    if (format === 'iso') return kind === 'date' ? 'YYYY-MM-DD' : 'YYYY-MM-DD HH:MM:SS with an optional zone';
    return format;
  };
}

function lengthText(min: number, max: number): string {
  if (min === max) return `${min} characters`;
  if (max === Infinity) return `${min} characters at least`;
  return min === 0 ? `${max} characters at most` : `${min} to ${max} characters`;
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const ISO = /^(.{10})(?:[ Tt](\d\d:\d\d)(:\d\d)?(?:\.(\d+))? ?(?:[Zz]|([+-]\d\d):?(\d\d)?)?)?$/;

/** Two ISO times as moments; without a zone they are taken for UTC, on both sides alike. */
function compareMoments(left: string, right: string): number {
  const [a, b] = [moment(left), moment(right)];
  return a.seconds - b.seconds || compareTexts(a.decimals, b.decimals);
}

function moment(iso: string): { seconds: number; decimals: string } {
  const [, day, minutes = '00:00', seconds = ':00', decimals = '', hours = '+00', rest = '00'] =
    ISO.exec(iso)!;
  const offset = Number(hours) * 3600 + Number(`${hours[0]}${rest}`) * 60;
  return {
    seconds: Date.parse(`${day}T${minutes}${seconds}Z`) / 1000 - offset,
    decimals: decimals.padEnd(6, '0').slice(0, 6),
  };
}

function fallbackOf(column: Column, encoding: Encoding): Buffer | undefined {
  if (column.default === undefined) return undefined;
  const bytes = encode(String(column.default), encoding);
  if (bytes) return bytes;
  throw new TallyError(
    'feed_invalid',
    `The default of ${column.name} is \`${column.default}\`; expected characters that ${encoding} has.`,
  );
}
