import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { TallyError } from '../../errors.js';
import type { Scanner } from './scan.js';

export type Encoding = 'utf-8' | 'latin1' | 'windows-1252';

/** Large enough that a block costs nothing beside its rows, small enough that memory stays flat. */
const BLOCK_BYTES = 1024 * 1024;

/**
 * Reads a file from its beginning, in blocks, through a scanner. After each block `afterBlock` is waited for:
 * there the load writes what it gathered, which is what holds the reading back when the database is slower.
 *
 * Each block has a buffer of its own, because slices of it may still be on their way to the database.
 */
export async function scanFile(
  file: FileHandle,
  scanner: Scanner,
  encoding: Encoding,
  afterBlock: (bytesRead: number) => Promise<void>,
): Promise<void> {
  let carried: Buffer = Buffer.alloc(0);
  let position = 0;
  for (let first = true; ; first = false) {
    // As much again as a row that is not whole yet, so that a long one is not looked at many times.
    const room = Math.max(BLOCK_BYTES, carried.length);
    const bytes = Buffer.allocUnsafeSlow(carried.length + room);
    carried.copy(bytes);
    const { bytesRead } = await file.read(bytes, carried.length, room, position);
    position += bytesRead;
    const length = carried.length + bytesRead;
    const last = bytesRead === 0;
    const from = first ? afterMark(bytes, length) : 0;
    const done = scanner.scan(bytes, from, length, last, isClean(bytes.subarray(0, length), encoding, last));
    await afterBlock(position);
    if (last) return;
    carried = bytes.subarray(done, length);
  }
}

/** The first bytes of a file, without a byte order mark. */
export async function readStart(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, 0);
  return bytes.subarray(afterMark(bytes, bytesRead), bytesRead);
}

/** UTF-8 may begin with a byte order mark, which is no part of the first name; UTF-16 is another encoding. */
function afterMark(bytes: Buffer, length: number): number {
  if (length >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))) {
    throw wrongEncoding('The file is UTF-16');
  }
  if (looksLikeUtf16(bytes.subarray(0, Math.min(length, 64)))) {
    throw wrongEncoding('The file looks like UTF-16: every second byte is NUL');
  }
  return length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Without a mark UTF-16 still shows: one byte of each ASCII character in it is NUL, always the same one. */
function looksLikeUtf16(head: Buffer): boolean {
  const nuls = [0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) nuls[i % 2]!++;
  });
  return head.length >= 4 && Math.min(...nuls) === 0 && Math.max(...nuls) >= head.length / 3;
}

function wrongEncoding(what: string): TallyError {
  return new TallyError(
    'file_encoding',
    `${what}; expected UTF-8, Latin-1 or Windows-1252. Nothing was loaded.`,
    {
      hint: 'Ask for UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 IN > OUT',
    },
  );
}

/** Asked once for a whole block, at several GB/s; only in a block that is not clean each field is looked at. */
function isClean(block: Buffer, encoding: Encoding, last: boolean): boolean {
  // A character that the block cuts in two belongs to a row that is not whole yet.
  const judged = encoding === 'utf-8' && !last ? block.subarray(0, wholeCharacters(block)) : block;
  return isCleanField(judged, encoding);
}

/** The length without a character that is cut off at the end. */
function wholeCharacters(block: Buffer): number {
  for (let back = 1; back <= 3 && back <= block.length; back++) {
    const byte = block[block.length - back]!;
    if (byte >= 0xc0) return block.length - back;
    if (byte < 0x80) break;
  }
  return block.length;
}

/** Bytes that Windows-1252 leaves undefined, and PostgreSQL refuses. */
const UNASSIGNED = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

export function isCleanField(field: Buffer, encoding: Encoding): boolean {
  if (field.includes(0)) return false;
  if (encoding === 'utf-8') return isUtf8(field);
  return encoding === 'latin1' || !UNASSIGNED.some((byte) => field.includes(byte));
}
