import { once } from 'node:events';
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { PackedBytes } from './packed-bytes.js';

const PIECE_BYTES = 256 * 1024;

/** The length and the checksum of what was unpacked. */
export interface Unpacked {
  size: number;
  crc: number;
}

/**
 * Deflated data up to where it says that it ends; what stands behind it is left to whoever reads on. (Node's own
 * Gunzip passes over bytes behind the end, and does not say so.)
 */
export async function* inflate(packed: PackedBytes): AsyncGenerator<Buffer, Unpacked> {
  const stream = createInflateRaw({ chunkSize: PIECE_BYTES });
  const fed = feed(stream, packed);
  // Met by whoever awaits it below; until then it must not count as left alone.
  fed.catch(() => {});
  let size = 0;
  let crc = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      size += piece.length;
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw packed.truncated();
    throw code?.startsWith('Z_') ? packed.damaged('what is packed in it cannot be unpacked', error) : error;
  } finally {
    stream.destroy();
    await fed;
  }
  return { size, crc };
}

/** One piece after the other, so that only of the last one something may be left. */
async function feed(stream: InflateRaw, packed: PackedBytes): Promise<void> {
  // A fault is met by whoever reads the stream.
  const ended = once(stream, 'close').catch(() => {});
  for (;;) {
    let piece: Buffer | undefined;
    try {
      piece = await packed.take();
    } catch (error) {
      stream.destroy(error as Error);
      return;
    }
    if (stream.destroyed) return;
    if (piece === undefined) {
      stream.end();
      return;
    }
    const before = stream.bytesWritten;
    const taken = new Promise<void>((resolve) => stream.write(piece, () => resolve()));
    await Promise.race([taken, ended]);
    const used = stream.bytesWritten - before;
    if (used < piece.length) {
      packed.giveBack(piece.subarray(used));
      return;
    }
  }
}
