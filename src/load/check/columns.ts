import type { Column } from '../../feeds/feed.js';
import { isNumber, writeType } from '../../feeds/type.js';
import type { Encoding } from '../read/blocks.js';
import { compareNumbers, integerCheck, numericCheck } from './numbers.js';
import { booleanCheck, countCharacters, decode, emailCheck, jsonCheck, textCheck, uuidCheck, varcharCheck } from './texts.js';
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
  /** Compares two values of this type; what it is given has passed `type`. */
  compare(left: string, right: string): number;
  /** Whether blanks around the value do not count. */
  trims: boolean;
}

export function compileColumn(column: Column, encoding: Encoding): ColumnCheck {
  const { type } = column;
  const common = { column, rewrite: undefined, trims: false, compare: compareTexts };
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
          expected: type.precision === undefined ? 'a decimal number' : `a decimal number that fits ${writeType(type)}`,
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
          compare: (left, right) => compareTexts(comparable(reader.iso(left)), comparable(reader.iso(right))),
          trims: true,
        };
      }
      case 'boolean':
        return { ...common, expected: 'a boolean (true, false, t, f, yes, no, y, n, on, off, 1, 0)', type: booleanCheck };
      case 'varchar':
        return { ...common, expected: `${type.length} characters at most`, type: varcharCheck(type.length, encoding) };
      case 'text':
        return { ...common, expected: 'a text', type: textCheck };
      case 'uuid':
        return { ...common, expected: 'a UUID', type: uuidCheck };
      case 'email':
        return { ...common, expected: 'an email address', type: emailCheck(encoding) };
      case 'json':
        return { ...common, expected: 'JSON', type: jsonCheck(encoding) };
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
  if (column.min !== undefined) {
    const bound = String(column.min);
    add('min', `at least ${bound}`, (bytes, start, end) => made.compare(text(bytes, start, end), bound) >= 0);
  }
  if (column.max !== undefined) {
    const bound = String(column.max);
    add('max', `at most ${bound}`, (bytes, start, end) => made.compare(text(bytes, start, end), bound) <= 0);
  }
  if (column.length !== undefined) {
    const { min = 0, max = Infinity } =
      typeof column.length === 'number' ? { min: column.length, max: column.length } : column.length;
    add('length', lengthText(min, max), (bytes, start, end) => {
      const count = countCharacters(bytes, start, end, encoding);
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
      return set.has(value) || (isNumber(column.type) && allowed.some((each) => compareNumbers(each, value) === 0));
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

/** An ISO time as a text that sorts as the moment does; without a zone it is taken for UTC, on both sides alike. */
function comparable(iso: string): string {
  if (iso.length === 10) return `${iso}T00:00:00.000000Z`;
  const match = /^(.{10})[ Tt](\d\d:\d\d)(:\d\d)?(?:\.(\d+))? ?(?:([Zz])|([+-])(\d\d):?(\d\d)?)?$/.exec(iso);
  if (!match) return iso;
  const [, day, minutes, seconds = ':00', decimals = '', , sign, hours, rest = '00'] = match;
  const offset = sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(rest)) : 0;
  const moment = new Date(`${day}T${minutes}${seconds}Z`).getTime() - offset * 60_000;
  return `${new Date(moment).toISOString().slice(0, 19)}.${decimals.padEnd(6, '0').slice(0, 6)}Z`;
}
