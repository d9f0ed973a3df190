import { HIGH_1252, latin1As1252 } from '../../content/windows1252.js';
import { AS_IS, INVALID, type ValueCheck } from './verdict.js';
import type { Encoding } from '../read/blocks.js';

export function decode(bytes: Buffer, start: number, end: number, encoding: Encoding): string {
  if (encoding === 'utf-8') return bytes.toString('utf8', start, end);
  const text = bytes.toString('latin1', start, end);
  return encoding === 'latin1' ? text : latin1As1252(text);
}

/** The bytes of a text; undefined if it has a character that the encoding lacks. */
export function encode(text: string, encoding: Encoding): Buffer | undefined {
  if (encoding === 'utf-8') return Buffer.from(text);
  const bytes = Buffer.from(Array.from(text, (character) => byteOf(character, encoding)));
  return decode(bytes, 0, bytes.length, encoding) === text ? bytes : undefined;
}

function byteOf(character: string, encoding: Encoding): number {
  const high = encoding === 'windows-1252' ? HIGH_1252.indexOf(character) : -1;
  return high < 0 ? character.codePointAt(0)! : 0x80 + high;
}

/** Characters as PostgreSQL counts them: code points. */
export function countCharacters(bytes: Buffer, start: number, end: number, encoding: Encoding): number {
  if (encoding !== 'utf-8') return end - start;
  let count = 0;
  for (let i = start; i < end; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++;
  return count;
}

export function varcharCheck(length: number, encoding: Encoding): ValueCheck {
  return (bytes, start, end) =>
    end - start <= length || countCharacters(bytes, start, end, encoding) <= length ? AS_IS : INVALID;
}

export const textCheck: ValueCheck = () => AS_IS;

const BOOLEANS = new Set(['t', 'true', 'y', 'yes', 'on', '1', 'f', 'false', 'n', 'no', 'off', '0']);

export const booleanCheck: ValueCheck = (bytes, start, end) =>
  end - start <= 5 && BOOLEANS.has(bytes.toString('latin1', start, end).toLowerCase()) ? AS_IS : INVALID;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const uuidCheck: ValueCheck = (bytes, start, end) =>
  end - start === 36 && UUID.test(bytes.toString('latin1', start, end)) ? AS_IS : INVALID;

const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+\.[^\s@"(),:;<>[\\\].]+$/u;

export function emailCheck(encoding: Encoding): ValueCheck {
  return (bytes, start, end) =>
    end - start <= 320 && EMAIL.test(decode(bytes, start, end, encoding)) ? AS_IS : INVALID;
}

/**
 * JSON as jsonb takes and keeps it, which is a little less than JSON: no \u0000, no half of a surrogate pair, no
 * number without end, and no name twice in one object, where jsonb would keep the last value only.
 */
export function jsonCheck(encoding: Encoding): ValueCheck {
  return (bytes, start, end) => {
    const text = decode(bytes, start, end, encoding);
    try {
      const value: unknown = JSON.parse(text);
      return namesIn(text) === namesKept(value) ? AS_IS : INVALID;
    } catch {
      return INVALID;
    }
  };
}

const DEEPEST = 500;

/** How many names the objects of a JSON text have; undefined if jsonb does not take what it says. */
function namesIn(text: string): number | undefined {
  let names = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const start = i;
    switch (text[i]) {
      case '"':
        for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
        if (!isStorableText(text.slice(start, i + 1))) return undefined;
        break;
      case '[':
      case '{':
        if (++depth > DEEPEST) return undefined;
        break;
      case ']':
      case '}':
        depth--;
        break;
      case ':':
        names++;
        break;
      default:
        while (/[-+.\deE]/.test(text.charAt(i + 1))) i++;
        if (!isStorableNumber(text.slice(start, i + 1))) return undefined;
    }
  }
  return names;
}

function isStorableText(quoted: string): boolean {
  if (!quoted.includes('\\u')) return true;
  const value = JSON.parse(quoted) as string;
  return value.isWellFormed() && !value.includes('\0');
}

/** What is no number (a comma, a blank, true, null) is storable too. */
function isStorableNumber(word: string): boolean {
  return word.length <= 1000 && !/\d[eE][-+]?0*\d{4}/.test(word);
}

function namesKept(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const held: unknown[] = Object.values(value);
  return held.reduce<number>((sum, each) => sum + namesKept(each), Array.isArray(value) ? 0 : held.length);
}
