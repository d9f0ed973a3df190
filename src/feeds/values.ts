import { isDay } from '../clock.js';
import { parseDateFormat } from './dateFormat.js';
import { isNumber, type ColumnType } from './type.js';

const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const TIME = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?$/;
const BOOLEAN = /^(?:t|true|y|yes|on|1|f|false|n|no|off|0)$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const RANGES = { integer: 2n ** 31n, bigint: 2n ** 63n };

/** What is wrong with a bound or an allowed value that a feed gives for a column: they are compared with values of its type. */
export function boundFault(type: ColumnType, formats: readonly string[], bound: string): string | undefined {
  if (isNumber(type)) return DECIMAL.test(bound) ? undefined : 'expected a number, written with digits';
  if (type.kind !== 'date' && type.kind !== 'timestamp') return undefined;
  const fits = (format: string) => (format === 'epoch' ? WHOLE : parseDateFormat(format))?.test(bound);
  return isTime(bound) || formats.some(fits) ? undefined : 'expected a day such as "2021-03-01"';
}

/** What is wrong with a default: PostgreSQL reads it as it is written. */
export function defaultFault(type: ColumnType, value: string): string | undefined {
  switch (type.kind) {
    case 'integer':
    case 'bigint': {
      const range = RANGES[type.kind];
      const fits =
        WHOLE.test(value) &&
        BigInt(value.replace('+', '')) >= -range &&
        BigInt(value.replace('+', '')) < range;
      return fits ? undefined : `expected ${type.kind === 'integer' ? 'an' : 'a big'} integer`;
    }
    case 'numeric':
      return DECIMAL.test(value) ? undefined : 'expected a number, written with digits';
    case 'date':
      return isDay(value) ? undefined : 'expected a day such as "2021-03-01"';
    case 'timestamp':
      return isTime(value) ? undefined : 'expected a time such as "2021-03-01 00:03:21Z"';
    case 'boolean':
      return BOOLEAN.test(value) ? undefined : 'expected true or false';
    case 'varchar':
      return Array.from(value).length <= type.length
        ? undefined
        : `expected ${type.length} characters at most`;
    case 'uuid':
      return UUID.test(value) ? undefined : 'expected a UUID';
    case 'json':
      return isJson(value) ? undefined : 'expected JSON';
    default:
      return undefined;
  }
}

function isTime(text: string): boolean {
  return TIME.test(text) && isDay(text.slice(0, 10));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
