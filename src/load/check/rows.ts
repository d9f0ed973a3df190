import { rowEncoding, type Feed, type RowRule } from '../../feeds/feed.js';
import { isCleanField } from '../read/blocks.js';
import type { Header } from '../read/header.js';
import { DOUBLED, FAULT, undouble, valueOf, type Row } from '../read/row.js';
import { compileColumn, type ColumnCheck } from './columns.js';
import { shown, shownBytes, shownUtf16, type Reason } from './reasons.js';
import { decode, encode } from './texts.js';
import { AS_IS, INVALID, MISSING, REWRITE, type Verdict } from './verdict.js';

/**
 * What makes a row valid, compiled once for a feed and a header. A pure function of (feed, header, bytes):
 * `check` decides, and `reasons` says why not; both ask the same questions, so they cannot disagree.
 */
export interface RowCheck {
  /** For each field of the file its column, undefined where the feed does not know it. */
  fields: readonly (ColumnCheck | undefined)[];
  check(row: Row): Verdict;
  /** Every reason for which an invalid row is invalid. */
  reasons(row: Row): Reason[];
  /** Whether the value of a field counts as none: empty, only blanks where they do not count, or a word for null. */
  isMissing(row: Row, field: number): boolean;
  /** How often each warning came up, with the line of the first. */
  warnings(): Warning[];
}

export interface Warning {
  column: string | null;
  rule: string;
  count: number;
  first_line: number;
}

export function compileRows(feed: Feed, header: Pick<Header, 'fields'>): RowCheck {
  const encoding = rowEncoding(feed);
  const quote = feed.quote.charCodeAt(0);
  const fields = header.fields.map((column) => column && compileColumn(column, encoding));
  const nulls = feed.nulls.flatMap((word) => encode(word, encoding) ?? []);
  const counted = new Map<string, Warning>();
  const warned: [column: string | null, rule: string][] = [];
  const rules = feed.rules.flatMap((rule) => {
    const left = fields.findIndex((field) => field?.column.name === rule.left);
    const right = fields.findIndex((field) => field?.column.name === rule.right);
    return left < 0 || right < 0
      ? []
      : [{ rule, left, right, holds: comparison(rule, fields[left]!, fields[right]!) }];
  });

  function isNullWord(bytes: Buffer, start: number, end: number): boolean {
    return nulls.some(
      (word) => word.length === end - start && bytes.compare(word, 0, word.length, start, end) === 0,
    );
  }

  function check(row: Row): Verdict {
    if (row.fault !== FAULT.none || row.count !== fields.length) return INVALID;
    let verdict: Verdict = AS_IS;
    if (warned.length > 0) warned.length = 0;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field === undefined) continue;
      let { bytes } = row;
      let start = row.starts[i]!;
      let end = row.ends[i]!;
      let value: Verdict = MISSING;
      if (start !== end) {
        if (!row.clean && !isCleanField(bytes.subarray(start, end), encoding)) return INVALID;
        if (row.written[i] === DOUBLED) {
          bytes = undouble(bytes, start, end, quote);
          start = 0;
          end = bytes.length;
        }
        if (nulls.length === 0 || !isNullWord(bytes, start, end)) value = field.type(bytes, start, end);
        if (value === INVALID) return INVALID;
      }
      if (value === MISSING) {
        if (field.column.required) return INVALID;
        // An empty field is NULL to PostgreSQL too, but blanks, words and defaults are ours.
        if (start !== end || field.column.default !== undefined) verdict = REWRITE;
        continue;
      }
      if (value === REWRITE) verdict = REWRITE;
      for (const rule of field.rules) {
        if (rule.fits(bytes, start, end)) continue;
        if (!rule.warns) return INVALID;
        warned.push([field.column.name, rule.name]);
      }
    }
    for (const { rule, left, right, holds } of rules) {
      if (isMissing(row, left) || isMissing(row, right) || holds(textOf(row, left), textOf(row, right)))
        continue;
      if (rule.severity === 'invalid') return INVALID;
      warned.push([null, rule.text]);
    }
    // Only a row that is loaded has warnings; one that is not has reasons.
    for (const [column, rule] of warned) count(column, rule, row.line);
    return verdict;
  }

  function reasons(row: Row): Reason[] {
    const shape = shapeReason(row, fields);
    if (shape) return [shape];
    const found: Reason[] = [];
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field && !isFit(row, i, field)) addReasons(found, row, i, field);
    }
    if (found.length > 0) return found;
    for (const { rule, left, right, holds } of rules) {
      if (rule.severity !== 'invalid' || isMissing(row, left) || isMissing(row, right)) continue;
      const [leftText, rightText] = [textOf(row, left), textOf(row, right)];
      if (!holds(leftText, rightText)) {
        const message = `expected ${rule.text}, got \`${shown(leftText)}\` and \`${shown(rightText)}\``;
        found.push({ column: rule.left, value: shown(leftText), rule: rule.text, message });
      }
    }
    return found;
  }

  function addReasons(found: Reason[], row: Row, i: number, field: ColumnCheck): void {
    const column = field.column.name;
    const bytes = valueOf(row, i, quote);
    if (bytes.length > 0 && !row.clean && !isCleanField(bytes, encoding)) {
      const value = feed.encoding === 'utf-16' ? shownUtf16(bytes) : shownBytes(bytes, encoding);
      const message = bytes.includes(0)
        ? `expected a text without NUL, got \`${value}\``
        : `expected ${feed.encoding}, got bytes that are not: \`${value}\``;
      found.push({ column, value, rule: 'encoding', message });
      return;
    }
    const value = shown(decode(bytes, 0, bytes.length, encoding));
    if (isMissing(row, i)) {
      if (!field.column.required) return;
      const message = 'expected a value, got none';
      found.push({ column, value: value === '' ? null : value, rule: 'required', message });
    } else if (field.type(bytes, 0, bytes.length) === INVALID) {
      found.push({ column, value, rule: 'type', message: `expected ${field.expected}, got \`${value}\`` });
    } else {
      for (const rule of field.rules) {
        if (rule.warns || rule.fits(bytes, 0, bytes.length)) continue;
        const message = `expected ${rule.expected}, got \`${value}\``;
        found.push({ column, value, rule: rule.name, message });
      }
    }
  }

  /** Most fields of an invalid row are right: that is told without a copy of their value. */
  function isFit(row: Row, i: number, field: ColumnCheck): boolean {
    if (!row.clean || row.written[i] === DOUBLED) return false;
    const { bytes } = row;
    const start = row.starts[i]!;
    const end = row.ends[i]!;
    if (start === end || (nulls.length > 0 && isNullWord(bytes, start, end))) return !field.column.required;
    const value = field.type(bytes, start, end);
    if (value === INVALID || value === MISSING) return false;
    for (const rule of field.rules) if (!rule.warns && !rule.fits(bytes, start, end)) return false;
    return true;
  }

  function isMissing(row: Row, i: number): boolean {
    const bytes = valueOf(row, i, quote);
    if (bytes.length === 0 || isNullWord(bytes, 0, bytes.length)) return true;
    return fields[i]!.trims && fields[i]!.type(bytes, 0, bytes.length) === MISSING;
  }

  function textOf(row: Row, i: number): string {
    const bytes = valueOf(row, i, quote);
    return decode(bytes, 0, bytes.length, encoding);
  }

  function count(column: string | null, rule: string, line: number): void {
    const key = `${column} ${rule}`;
    const warning = counted.get(key);
    if (warning) warning.count++;
    else counted.set(key, { column, rule, count: 1, first_line: line });
  }

  return { fields, check, reasons, isMissing, warnings: () => [...counted.values()] };
}

/** The values are compared as the left column's type, each read in the formats of its own column. */
function comparison(
  rule: RowRule,
  left: ColumnCheck,
  right: ColumnCheck,
): (left: string, right: string) => boolean {
  const compare = (a: string, b: string) => left.compare(left.comparable(a), right.comparable(b));
  switch (rule.operator) {
    case '<':
      return (a, b) => compare(a, b) < 0;
    case '<=':
      return (a, b) => compare(a, b) <= 0;
    case '>':
      return (a, b) => compare(a, b) > 0;
    case '>=':
      return (a, b) => compare(a, b) >= 0;
    case '=':
      return (a, b) => compare(a, b) === 0;
    default:
      return (a, b) => compare(a, b) !== 0;
  }
}

/** A row that is not of the header's shape has this one reason: its fields cannot be told apart. */
function shapeReason(row: Row, fields: RowCheck['fields']): Reason | undefined {
  const whole = (rule: string, message: string): Reason => ({ column: null, value: null, rule, message });
  const where = row.faultField > 0 ? ` in field ${row.faultField}` : '';
  switch (row.fault) {
    case FAULT.quoteInside:
      return whole('quote', `expected no quote inside an unquoted field, got one${where}`);
    case FAULT.textAfterQuote:
      return whole('quote', `expected a delimiter after a closing quote, got text${where}`);
    case FAULT.neverClosed:
      return whole('quote', `expected every quote to be closed, got one that is not${where}`);
    case FAULT.notObject:
      return whole('object', 'expected an object with names and values, got something else');
    case FAULT.nameTwice: {
      const column = fields[row.faultField - 1]!.column.name;
      return { ...whole('object', `expected one value for ${column}, got several`), column };
    }
    default:
      return row.count === fields.length
        ? undefined
        : whole('fields', `expected ${fields.length} fields, got ${row.count}`);
  }
}
