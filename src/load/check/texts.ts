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

const BOOLEANS = ['t', 'true', 'y', 'yes', 'on', '1', 'f', 'false', 'n', 'no', 'off', '0'];
const LONGEST_BOOLEAN = 5;
const BOOLEAN_NUMBERS = new Set(BOOLEANS.map((word) => numberOf(Buffer.from(word), 0, word.length)));

export const booleanCheck: ValueCheck = (bytes, start, end) =>
  end - start <= LONGEST_BOOLEAN && BOOLEAN_NUMBERS.has(numberOf(bytes, start, end)) ? AS_IS : INVALID;

/** A short word as one number, without regard to case: a string would cost more than all else of a row. */
function numberOf(bytes: Buffer, start: number, end: number): number {
  let number = 1;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    number = number * 256 + (byte >= 65 && byte <= 90 ? byte + 32 : byte);
  }
  return number;
}

const UUID = '00000000-0000-0000-0000-000000000000';
const DASH = 45;
const HEX_DIGITS = tableOf('0123456789abcdefABCDEF');

export const uuidCheck: ValueCheck = (bytes, start, end) => {
  if (end - start !== UUID.length) return INVALID;
  for (let i = 0; i < UUID.length; i++) {
    const byte = bytes[start + i]!;
    if (UUID.charCodeAt(i) === DASH ? byte !== DASH : HEX_DIGITS[byte] === 0) return INVALID;
  }
  return AS_IS;
};

const MOST_EMAIL_BYTES = 320;
const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+\.[^\s@"(),:;<>[\\\].]+$/u;
const NOT_IN_EMAIL = tableOf(' \t\n\v\f\r"(),:;<>[\\]');
const [AT, POINT] = [64, 46];

/** What `EMAIL` says, for the usual address without a string. */
export function emailCheck(encoding: Encoding): ValueCheck {
  return (bytes, start, end) => {
    if (end - start > MOST_EMAIL_BYTES) return INVALID;
    let at = -1;
    let point = -1;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte > 127) return EMAIL.test(decode(bytes, start, end, encoding)) ? AS_IS : INVALID;
      if (NOT_IN_EMAIL[byte] === 1) return INVALID;
      if (byte === AT) {
        if (at >= 0) return INVALID;
        at = i;
      } else if (byte === POINT) {
        point = i;
      }
    }
    return at > start && point > at + 1 && point < end - 1 ? AS_IS : INVALID;
  };
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
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
