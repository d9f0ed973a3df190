import { AS_IS, INVALID, MISSING, type ValueCheck } from './verdict.js';

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;

export function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9;
}

/** Optional sign and digits, in range, with blanks around them. */
export function integerCheck(kind: 'integer' | 'bigint'): ValueCheck {
  const highest = kind === 'integer' ? 2147483647 : Number.MAX_SAFE_INTEGER;
  return (bytes, start, end) => {
    while (start < end && isBlank(bytes[start])) start++;
    if (start === end) return MISSING;
    while (isBlank(bytes[end - 1])) end--;
    const negative = bytes[start] === MINUS;
    let i = negative || bytes[start] === PLUS ? start + 1 : start;
    if (i === end) return INVALID;
    let value = 0;
    for (; i < end; i++) {
      const digit = bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) return INVALID;
      value = value * 10 + digit;
    }
    if (value <= highest) return AS_IS;
    if (kind === 'integer') return negative && value === 2147483648 ? AS_IS : INVALID;
    if (value > 1e19) return INVALID;
    const exact = BigInt(bytes.toString('latin1', start, end).replace('+', ''));
    return exact >= -(2n ** 63n) && exact < 2n ** 63n ? AS_IS : INVALID;
  };
}

/**
 * Sign, digits and a decimal point. PostgreSQL would round what has more decimals than the column: here it is
 * invalid, because nothing is repaired in silence (zeros at the end are no decimals).
 */
export function numericCheck(precision: number | undefined, scale: number | undefined): ValueCheck {
  const decimals = scale ?? 1000;
  const wholes = precision === undefined ? 1000 : precision - decimals;
  return (bytes, start, end) => {
    while (start < end && isBlank(bytes[start])) start++;
    if (start === end) return MISSING;
    while (isBlank(bytes[end - 1])) end--;
    let i = bytes[start] === MINUS || bytes[start] === PLUS ? start + 1 : start;
    let digits = 0;
    let whole = 0;
    let point = -1;
    let lastDecimal = 0;
    for (; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === POINT && point < 0) {
        point = i;
        continue;
      }
      if (byte < ZERO || byte > ZERO + 9) return INVALID;
      digits++;
      if (point < 0) {
        if (whole > 0 || byte !== ZERO) whole++;
      } else if (byte !== ZERO) {
        lastDecimal = i - point;
      }
    }
    if (digits === 0 || digits > 2000 || whole > wholes || lastDecimal > decimals) return INVALID;
    return AS_IS;
  };
}

/** Two numbers as a file writes them, compared exactly: below 0, 0 or above 0. */
export function compareNumbers(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)];
  if (a.negative !== b.negative) return a.zero && b.zero ? 0 : a.negative ? -1 : 1;
  const size = compareSizes(a, b);
  return a.negative ? -size : size;
}

interface Parts {
  negative: boolean;
  zero: boolean;
  whole: string;
  decimals: string;
}

function parts(text: string): Parts {
  const trimmed = text.trim();
  const [whole = '', decimals = ''] = trimmed.replace(/^[+-]/, '').split('.');
  const cut = { whole: whole.replace(/^0+/, ''), decimals: decimals.replace(/0+$/, '') };
  return { ...cut, negative: trimmed.startsWith('-'), zero: cut.whole === '' && cut.decimals === '' };
}

function compareSizes(a: Parts, b: Parts): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  if (a.whole !== b.whole) return a.whole < b.whole ? -1 : 1;
  if (a.decimals === b.decimals) return 0;
  return a.decimals < b.decimals ? -1 : 1;
}
