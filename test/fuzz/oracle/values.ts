import type { Column, Feed } from '../../../src/feeds/feed.js';

/** What the rules of product.md and docs/feeds.md say of one value, over strings. Values are bytes in Latin-1. */
export type Fate =
  | { reasons: string[] }
  /** As PostgreSQL may read it, or none. */
  | { stored: string | null; same: string | null };

export function fateOf(column: Column, value: string, feed: Feed): Fate {
  const { type } = column;
  if (!isOfEncoding(value, feed.encoding)) return { reasons: ['encoding'] };
  const trims = ['integer', 'bigint', 'numeric', 'date', 'timestamp'].includes(type.kind);
  const bare = trims ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value;
  if (bare === '' || feed.nulls.includes(value)) {
    if (column.required) return { reasons: ['required'] };
    const fallback = column.default === undefined ? null : bytesOf(String(column.default), feed.encoding);
    return { stored: fallback, same: fallback };
  }
  const stored = storedAs(column, bare, feed);
  if (stored === undefined) return { reasons: ['type'] };
  const broken = brokenRules(column, bare);
  if (broken.length > 0) return { reasons: broken };
  return {
    stored,
    same: type.kind === 'integer' || type.kind === 'bigint' ? String(BigInt(plus(bare))) : stored,
  };
}

function storedAs({ type, formats }: Column, value: string, { encoding }: Feed): string | undefined {
  const when = (fits: boolean) => (fits ? value : undefined);
  switch (type.kind) {
    case 'integer':
      return when(isWhole(value, 31n));
    case 'bigint':
      return when(isWhole(value, 63n));
    case 'numeric': {
      const match = /^[+-]?(\d*)(?:\.(\d*))?$/.exec(value);
      if (!match || `${match[1]}${match[2] ?? ''}` === '') return undefined;
      const whole = match[1]!.replace(/^0+/, '').length;
      const decimals = (match[2] ?? '').replace(/0+$/, '').length;
      return when(
        whole <= (type.precision ?? 2000) - (type.scale ?? 1000) && decimals <= (type.scale ?? 1000),
      );
    }
    case 'varchar':
      return when(characters(value, encoding) <= type.length);
    case 'text':
      return value;
    case 'date':
    case 'timestamp':
      for (const format of formats) {
        const time = format === 'iso' ? isoTime(value, type.kind) : otherTime(value, type.kind, format);
        if (time !== undefined) return time;
      }
      return undefined;
    case 'boolean':
      return when(/^(t|true|y|yes|on|1|f|false|n|no|off|0)$/i.test(value) && !/[\r\n]/.test(value));
    case 'uuid':
      return when(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) && value.length === 36);
    case 'json':
      return when(isJson(textOf(value, encoding)));
    case 'email':
      throw new Error('no feed is made with emails');
  }
}

function brokenRules({ min, max, one_of: allowed }: Column, value: string): string[] {
  const broken: string[] = [];
  if (min !== undefined && BigInt(plus(value)) < BigInt(min)) broken.push('min');
  if (max !== undefined && BigInt(plus(value)) > BigInt(max)) broken.push('max');
  if (allowed !== undefined && !allowed.includes(value)) broken.push('one_of');
  return broken;
}

function isWhole(value: string, bits: bigint): boolean {
  if (!/^[+-]?\d+$/.test(value)) return false;
  const number = BigInt(plus(value));
  return number >= -(2n ** bits) && number < 2n ** bits;
}

function plus(value: string): string {
  return value.replace('+', '');
}

function isDay(year: string, month: string, day: string): boolean {
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return Number(year) > 0 && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isoTime(value: string, kind: 'date' | 'timestamp'): string | undefined {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[ Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?: ?(?:[Zz]|[+-](\d\d)(?::?(\d\d))?))?)?$/.exec(
      value,
    );
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', decimals = '', east = '0', rest = '0'] =
    match;
  if (kind === 'date' && value.length > 10) return undefined;
  const inRange =
    Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 && Number(east) < 16 && Number(rest) < 60;
  // More than microseconds would be rounded.
  return isDay(year!, month!, day!) && inRange && /^\d{0,6}0*$/.test(decimals) ? value : undefined;
}

function otherTime(value: string, kind: 'date' | 'timestamp', format: string): string | undefined {
  if (format === 'epoch') {
    const match = /^(-?)(\d{1,12})(?:\.(\d{1,6})0*)?$/.exec(value);
    if (!match) return undefined;
    const seconds = Number(`${match[1]}${match[2]}`);
    if (seconds < -62135596800 || seconds > 253402300799 || (match[1] && match[3])) return undefined;
    return new Date(seconds * 1000).toISOString().replace('.000Z', `.${match[3] ?? '0'}Z`);
  }
  const parts = /^(\d\d)[/.](\d\d)[/.](\d{4})(?: (\d\d):(\d\d))?$/.exec(value);
  if (!parts) return undefined;
  const [, day, month, year, hour, minute] = parts;
  if (format.replace(/[A-Za-z]/g, '0') !== value.replace(/\d/g, '0') || !isDay(year!, month!, day!))
    return undefined;
  if (kind === 'date') return `${year}-${month}-${day}`;
  return Number(hour) < 24 && Number(minute) < 60 ? `${year}-${month}-${day} ${hour}:${minute}` : undefined;
}

/** JSON as jsonb keeps all of it: no NUL, no half of a character, no name twice, no number beyond all (many digits are fine). */
function isJson(text: string): boolean {
  let names = 0;
  try {
    JSON.parse(text, function (this: unknown, name: string, value: unknown) {
      if (!Array.isArray(this) && name !== '') names++;
      for (const each of [name, value])
        if ((typeof each === 'string' && !isKept(each)) || (each === Infinity && /e/i.test(text)))
          throw new Error('not kept');
      return value;
    });
  } catch {
    return false;
  }
  const written = text.match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? [];
  return written.filter((each) => each.endsWith(':') && !/^""/.test(each)).length === names;
}

function isKept(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function isOfEncoding(value: string, encoding: Feed['encoding']): boolean {
  if (value.includes('\0')) return false;
  if (encoding === 'latin1') return true;
  if (encoding === 'windows-1252') return !/[\x81\x8d\x8f\x90\x9d]/.test(value);
  try {
    textOf(value, encoding);
    return true;
  } catch {
    return false;
  }
}

/** The text that a value is; throws where it is none. */
export function textOf(value: string, encoding: Feed['encoding']): string {
  if (encoding !== 'utf-8') return value;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, 'latin1'));
}

function bytesOf(text: string, encoding: Feed['encoding']): string {
  return encoding === 'utf-8' ? Buffer.from(text).toString('latin1') : text;
}

function characters(value: string, encoding: Feed['encoding']): number {
  return Array.from(textOf(value, encoding)).length;
}
