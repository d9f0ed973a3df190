import { toUtf16 } from '../../content/utf16.js';
import { isCleanField, type Encoding } from '../read/blocks.js';
import { decode } from './texts.js';

/** Why a row is invalid: one of these for everything that is wrong with it. */
export interface Reason {
  column: string | null;
  value: string | null;
  rule: string;
  message: string;
  /** Of a row that repeats another: where that one stands. */
  first_line?: number;
}

/** A value is shown up to here; the raw text of the row has all of it. */
const SHOWN = 200;

const PLAIN = /^[\x20-\x7e]*$/;

export function shown(value: string, most = SHOWN): string {
  if (value.length <= most && PLAIN.test(value)) return value;
  const cut = value.length > most ? `${value.slice(0, most)}…` : value;
  // Neither NUL nor half of a surrogate pair can stand in a jsonb text.
  return cut.toWellFormed().replaceAll('\0', '\\x00');
}

/** Bytes that are not of the file's encoding, as \xNN between the characters that are. */
export function shownBytes(bytes: Buffer, encoding: Encoding, most = SHOWN): string {
  let text = '';
  for (let i = 0; i < bytes.length && text.length <= most;) {
    const length = characterLength(bytes, i, encoding);
    text +=
      length === 0 ? `\\x${bytes[i]!.toString(16).padStart(2, '0')}` : decode(bytes, i, i + length, encoding);
    i += length || 1;
  }
  return shown(text, most);
}

/** The same where the file is UTF-16: what is no character of it is half of a surrogate pair, as \uNNNN. */
export function shownUtf16(bytes: Buffer, most = SHOWN): string {
  const text = toUtf16(bytes, 'little').toString('utf16le');
  return shown(
    text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`),
    most,
  );
}

/** How many bytes the character at `at` has; 0 where there is none, or NUL. */
function characterLength(bytes: Buffer, at: number, encoding: Encoding): number {
  const longest = encoding === 'utf-8' ? 4 : 1;
  for (let length = 1; length <= longest && at + length <= bytes.length; length++) {
    if (isCleanField(bytes.subarray(at, at + length), encoding)) return length;
  }
  return 0;
}

/** All reasons in one line. */
export function summaryOf(reasons: readonly Reason[]): string {
  return reasons
    .map((reason) => (reason.column ? `${reason.column}: ${reason.message}` : reason.message))
    .join('; ');
}
