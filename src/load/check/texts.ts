import { AS_IS, INVALID, type ValueCheck } from './verdict.js';
import type { Encoding } from '../read/blocks.js';

const windows1252 = new TextDecoder('windows-1252');

export function decode(bytes: Buffer, start: number, end: number, encoding: Encoding): string {
  if (encoding === 'utf-8') return bytes.toString('utf8', start, end);
  return encoding === 'latin1' ? bytes.toString('latin1', start, end) : windows1252.decode(bytes.subarray(start, end));
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
  return (bytes, start, end) => (end - start <= 320 && EMAIL.test(decode(bytes, start, end, encoding)) ? AS_IS : INVALID);
}

/** JSON as jsonb takes it, which is a little less than JSON: no \u0000, no half of a surrogate pair, no number without end. */
export function jsonCheck(encoding: Encoding): ValueCheck {
  return (bytes, start, end) => {
    const text = decode(bytes, start, end, encoding);
    try {
      return isStorable(JSON.parse(text), 0) && !/[eE][+-]?\d{4,}/.test(text) ? AS_IS : INVALID;
    } catch {
      return INVALID;
    }
  };
}

function isStorable(value: unknown, depth: number): boolean {
  if (depth > 500) return false;
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (Array.isArray(value)) return value.every((each) => isStorable(each, depth + 1));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([key, each]) => isStorable(key, depth) && isStorable(each, depth + 1));
  }
  return true;
}
