import { TallyError } from '../errors.js';
import type { DeclaredEncoding, Reading } from './content.js';

/** Which byte of a unit of UTF-16 stands first: the low one or the high one. */
export type ByteOrder = 'little' | 'big';

const PIECE_BYTES = 256 * 1024;
/** So much of a file is looked at to see that it is UTF-16 where nobody said so. */
const LOOK_BYTES = 64;

/** A feed that does not say UTF-16 is not given it: as its own encoding the file would be no text at all. */
export function refuseUtf16(head: Buffer, declared: DeclaredEncoding): void {
  if (!isUtf16(head)) return;
  const marked = orderOfMark(head) !== undefined;
  throw new TallyError(
    'file_encoding',
    `The file ${marked ? 'is UTF-16' : 'looks like UTF-16: every second byte is NUL'}, and the feed says ${declared}. Nothing was loaded.`,
    { hint: 'If such files are right, say `encoding: utf-16` in the feed; else ask for UTF-8.' },
  );
}

export function isUtf16(head: Buffer): boolean {
  return orderOfMark(head) !== undefined || looksLikeUtf16(head.subarray(0, LOOK_BYTES));
}

/** The order of the bytes by the mark at the beginning, else by where NUL stands, which every line end has. */
export function byteOrder(head: Buffer): ByteOrder {
  const marked = orderOfMark(head);
  if (marked) return marked;
  const { even, odd } = countNuls(head);
  if (even + odd === 0 && head.length > 1) {
    throw new TallyError(
      'file_encoding',
      'The feed says utf-16, and the file is none: it has neither a byte order mark nor NUL in it. Nothing was loaded.',
      { hint: 'If such files are right, say in the feed which encoding they have: `encoding: utf-8`.' },
    );
  }
  return even > odd ? 'big' : 'little';
}

/**
 * UTF-16 as UTF-8, of which it can be made again exactly: half of a surrogate pair, which is no character, becomes
 * the three bytes that UTF-8 would write for it if it could, so that its row is invalid like any other one with
 * bytes that are no text.
 */
export async function* fromUtf16(reading: Reading, order: ByteOrder): AsyncGenerator<Buffer, void> {
  const bytes = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const low = order === 'little' ? 0 : 1;
  let carried = 0;
  try {
    for (;;) {
      const read = await reading.read(bytes, carried, PIECE_BYTES - carried);
      const length = carried + read;
      const isLast = read === 0;
      if (isLast && length % 2 === 1) throw oddBytes();
      const piece = Buffer.allocUnsafeSlow(Math.ceil(length / 2) * 3);
      let [at, written] = [0, 0];
      for (; at + 1 < length; at += 2) {
        const unit = bytes[at + low]! | (bytes[at + 1 - low]! << 8);
        if (unit < 0x80) {
          piece[written++] = unit;
        } else if (unit < 0x800) {
          piece[written++] = 0xc0 | (unit >> 6);
          piece[written++] = 0x80 | (unit & 0x3f);
        } else {
          let point = unit;
          if (unit >= 0xd800 && unit < 0xdc00) {
            // The other half may be in the next piece.
            if (at + 3 >= length && !isLast) break;
            const next = at + 3 < length ? bytes[at + 2 + low]! | (bytes[at + 3 - low]! << 8) : 0;
            if (next >= 0xdc00 && next < 0xe000) {
              point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
              at += 2;
            }
          }
          if (point < 0x10000) {
            piece[written++] = 0xe0 | (point >> 12);
          } else {
            piece[written++] = 0xf0 | (point >> 18);
            piece[written++] = 0x80 | ((point >> 12) & 0x3f);
          }
          piece[written++] = 0x80 | ((point >> 6) & 0x3f);
          piece[written++] = 0x80 | (point & 0x3f);
        }
      }
      if (written > 0) yield piece.subarray(0, written);
      if (isLast) return;
      bytes.copyWithin(0, at, length);
      carried = length - at;
    }
  } finally {
    await reading.close();
  }
}

/** The bytes of UTF-16 that `fromUtf16` has made these of: whole characters, and halves of them. */
export function toUtf16(bytes: Buffer, order: ByteOrder): Buffer {
  const made = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  const put = (unit: number) => {
    length = order === 'little' ? made.writeUInt16LE(unit, length) : made.writeUInt16BE(unit, length);
  };
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i]!;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let point = more === 0 ? first : first & (0x3f >> more);
    for (let k = 1; k <= more; k++) point = (point << 6) | (bytes[i + k]! & 0x3f);
    i += more + 1;
    if (point < 0x10000) {
      put(point);
    } else {
      put(0xd800 + ((point - 0x10000) >> 10));
      put(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  return made.subarray(0, length);
}

/** Bytes of UTF-16 that are at hand as a whole, as `fromUtf16` gives them. */
export function utf8Of(bytes: Buffer, order: ByteOrder): Buffer {
  const text = (order === 'little' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
  if (text.isWellFormed()) return Buffer.from(text);
  const half = (unit: number) => [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
  const pieces = text.split(/(\p{Surrogate})/u);
  return Buffer.concat(
    pieces.map((piece) =>
      piece.isWellFormed() ? Buffer.from(piece) : Buffer.from(half(piece.charCodeAt(0))),
    ),
  );
}

function orderOfMark(head: Buffer): ByteOrder | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'little';
  return head[0] === 0xfe && head[1] === 0xff ? 'big' : undefined;
}

/** Without a mark UTF-16 still shows: one byte of each ASCII character in it is NUL, always the same one. */
function looksLikeUtf16(head: Buffer): boolean {
  const { even, odd } = countNuls(head);
  return head.length >= 4 && Math.min(even, odd) === 0 && Math.max(even, odd) >= head.length / 3;
}

function countNuls(head: Buffer): { even: number; odd: number } {
  const counted = { even: 0, odd: 0 };
  head.forEach((byte, i) => {
    if (byte === 0) counted[i % 2 === 0 ? 'even' : 'odd']++;
  });
  return counted;
}

function oddBytes(): TallyError {
  return new TallyError(
    'file_truncated',
    'The file has an odd number of bytes, and a character of UTF-16 has two or four. Nothing was loaded.',
    { hint: 'It was cut off on its way, or something was added to it: ask for it again.' },
  );
}
