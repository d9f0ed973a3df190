import { Decompress } from 'fzstd';
import { TallyError } from '../errors.js';
import type { PackedBytes } from './packed-bytes.js';
import { Xxh64 } from './xxh64.js';

const MAGIC = 0xfd2fb528;
/** Frames of anything else, which are passed over. */
const SKIPPABLE = 0x184d2a50;
const FLAG = { singleSegment: 0x20, reserved: 8, checksum: 4 };
const BLOCK = { raw: 0, rle: 1, reserved: 3 };
const MOST_BLOCK_BYTES = 128 * 1024;
/**
 * How far back a frame may refer, all of which is kept in memory: what RFC 8878 asks every reader to take, and as
 * much as `zstd` uses up to level 19.
 */
const MOST_WINDOW_BYTES = 8 * 1024 * 1024;

interface Frame {
  windowBytes: number;
  contentBytes: bigint | undefined;
  hasChecksum: boolean;
}

/**
 * RFC 8878. Frames and blocks are found here and only their content is left to fzstd, which checks no checksum and
 * would unpack all that it is given in one go: here it is given one block at a time, which becomes 128 KiB at most.
 */
export async function* unzstd(packed: PackedBytes): AsyncGenerator<Buffer, void> {
  do {
    const magic = (await packed.exactly(4)).readUInt32LE(0);
    if ((magic & 0xfffffff0) === SKIPPABLE) await passOver(packed);
    else if (magic === MAGIC) yield* unpackFrame(packed, await readHeader(packed));
    else throw packed.damaged('other bytes stand behind its end');
  } while (!(await packed.isAtEnd()));
}

async function passOver(packed: PackedBytes): Promise<void> {
  let left = (await packed.exactly(4)).readUInt32LE(0);
  while (left > 0) {
    const piece = await packed.take();
    if (!piece) throw packed.truncated();
    if (piece.length > left) packed.giveBack(piece.subarray(left));
    left -= Math.min(left, piece.length);
  }
}

async function readHeader(packed: PackedBytes): Promise<Frame> {
  const [flags] = (await packed.exactly(1)) as unknown as [number];
  if (flags & FLAG.reserved) throw packed.damaged('its header is none that Zstandard knows');
  const isSingle = (flags & FLAG.singleSegment) !== 0;
  const window = isSingle ? 0 : (await packed.exactly(1))[0]!;
  const dictionary = await packed.exactly([0, 1, 2, 4][flags & 3]!);
  if (dictionary.some((byte) => byte !== 0)) {
    throw new TallyError('file_container', 'The Zstandard file needs a dictionary. Nothing was loaded.', {
      hint: 'Ask for it packed without one.',
    });
  }
  const contentBytes = await readSize(packed, flags >> 6, isSingle);
  const base = 2 ** (10 + (window >> 3));
  const windowBytes = isSingle ? Number(contentBytes) : base + (base / 8) * (window & 7);
  if (windowBytes > MOST_WINDOW_BYTES) {
    throw new TallyError(
      'file_container',
      `The Zstandard file needs a window of ${windowBytes} bytes; expected ${MOST_WINDOW_BYTES} at most. Nothing was loaded.`,
      { hint: 'Ask for it packed with an ordinary level, without --ultra and --long.' },
    );
  }
  return { windowBytes, contentBytes, hasChecksum: (flags & FLAG.checksum) !== 0 };
}

async function readSize(packed: PackedBytes, kind: number, isSingle: boolean): Promise<bigint | undefined> {
  switch (kind) {
    case 0:
      return isSingle ? BigInt((await packed.exactly(1))[0]!) : undefined;
    case 1:
      return BigInt((await packed.exactly(2)).readUInt16LE(0) + 256);
    case 2:
      return BigInt((await packed.exactly(4)).readUInt32LE(0));
    default:
      return (await packed.exactly(8)).readBigUInt64LE(0);
  }
}

async function* unpackFrame(packed: PackedBytes, frame: Frame): AsyncGenerator<Buffer, void> {
  const unpackBlock = blockUnpacker(packed, frame);
  const mostBytes = Math.min(MOST_BLOCK_BYTES, Math.max(frame.windowBytes, 1));
  const checksum = frame.hasChecksum ? new Xxh64() : undefined;
  let size = 0n;
  for (let isLast = false; !isLast;) {
    const head = await packed.exactly(3);
    const word = head.readUIntLE(0, 3);
    const [kind, bytes] = [(word >> 1) & 3, word >> 3];
    isLast = (word & 1) === 1;
    if (kind === BLOCK.reserved || bytes > mostBytes) throw packed.damaged('a block of it cannot be');
    const body = await packed.exactly(kind === BLOCK.rle ? 1 : bytes);
    // One that says nothing is kept from fzstd, which would remember it.
    if (bytes === 0) continue;
    const piece = unpackBlock(head, body);
    size += BigInt(piece.length);
    checksum?.update(piece);
    yield piece;
  }
  if (frame.contentBytes !== undefined && frame.contentBytes !== size) {
    throw packed.damaged(`it has ${size} bytes of content, and says ${frame.contentBytes}`);
  }
  if (checksum && (await packed.exactly(4)).readUInt32LE(0) !== checksum.low32()) {
    throw packed.damaged('its checksum is another one than that of its content');
  }
}

/** What unpacks the blocks of a frame, one after the other. */
function blockUnpacker(packed: PackedBytes, frame: Frame): (head: Buffer, body: Buffer) => Buffer {
  let unpacked: Uint8Array | undefined;
  const decompress = new Decompress((piece) => (unpacked = piece));
  decompress.push(plainHeader(frame.windowBytes));
  return (head, body) => {
    unpacked = undefined;
    try {
      // In two steps: given a block in one, fzstd keeps hold of it until the frame ends.
      decompress.push(head);
      decompress.push(body);
    } catch (error) {
      throw packed.damaged('what is packed in it cannot be unpacked', error);
    }
    const piece = unpacked as Uint8Array | undefined;
    if (!piece || piece.length > MOST_BLOCK_BYTES)
      throw packed.damaged('what is packed in it cannot be unpacked');
    return Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  };
}

/**
 * The header of a frame of which nothing is said but its window. fzstd looks at it as soon as it has 18 bytes: the
 * longest header there can be has as many.
 */
function plainHeader(windowBytes: number): Buffer {
  const header = Buffer.alloc(18);
  header.writeUInt32LE(MAGIC, 0);
  header[4] = 0xc3;
  let exponent = 0;
  while (2 ** (10 + exponent) * 1.875 < windowBytes) exponent++;
  const base = 2 ** (10 + exponent);
  header[5] = (exponent << 3) | Math.max(0, Math.ceil((windowBytes - base) / (base / 8)));
  return header;
}
