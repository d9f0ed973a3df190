import { isUtf8 } from 'node:buffer';
import type { Content, Reading } from '../../content/content.js';
import type { Scanner } from './scan.js';

/** How the bytes of rows are encoded when they are checked: UTF-16 is UTF-8 by then. */
export type Encoding = 'utf-8' | 'latin1' | 'windows-1252';

/** Large enough that a block costs nothing beside its rows, small enough that memory stays flat, also if all are invalid. */
const BLOCK_BYTES = 512 * 1024;
/** The first one; each is twice the one before. The code is slow until V8 has seen what it does, and the server waits for rows. */
const FIRST_BLOCK_BYTES = 16 * 1024;

/**
 * Reads a file from its beginning, in blocks, through a scanner. After each block `afterBlock` is waited for:
 * there the load writes what it gathered, which is what holds the reading back when the database is slower.
 *
 * All blocks share one buffer: when `afterBlock` is done, nothing may refer to the block any more.
 */
export async function scanFile(
  content: Content,
  scanner: Scanner,
  encoding: Encoding,
  afterBlock: (bytesRead: number) => Promise<void>,
): Promise<void> {
  const reading = content.begin();
  try {
    await scanBlocks(reading, scanner, encoding, afterBlock);
  } finally {
    await reading.close();
  }
}

async function scanBlocks(
  reading: Reading,
  scanner: Scanner,
  encoding: Encoding,
  afterBlock: (bytesRead: number) => Promise<void>,
): Promise<void> {
  let bytes = Buffer.allocUnsafeSlow(2 * BLOCK_BYTES);
  let carried = 0;
  let block = FIRST_BLOCK_BYTES;
  for (let first = true; ; first = false) {
    // As much again as a row that is not whole yet, so that a long one is not looked at many times.
    const room = Math.max(block, carried);
    block = Math.min(2 * block, BLOCK_BYTES);
    if (carried + room > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(carried + room);
      bytes.copy(larger, 0, 0, carried);
      bytes = larger;
    }
    const bytesRead = await reading.read(bytes, carried, room);
    const length = carried + bytesRead;
    const last = bytesRead === 0;
    const from = first ? afterMark(bytes, length) : 0;
    const done = scanner.scan(bytes, from, length, last, isClean(bytes.subarray(0, length), encoding, last));
    await afterBlock(reading.position);
    if (last) return;
    bytes.copyWithin(0, done, length);
    carried = length - done;
  }
}

/** The first bytes of a file, without a byte order mark. */
export async function readStart(content: Content, length: number): Promise<Buffer> {
  const reading = content.begin();
  try {
    const bytes = Buffer.alloc(length);
    const bytesRead = await reading.read(bytes, 0, length);
    return bytes.subarray(afterMark(bytes, bytesRead), bytesRead);
  } finally {
    await reading.close();
  }
}

/** UTF-8 may begin with a byte order mark, which is no part of the first name. */
function afterMark(bytes: Buffer, length: number): number {
  return length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
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
