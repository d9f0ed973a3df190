import { crc32, deflateRawSync } from 'node:zlib';

/** A file of a ZIP archive; what is not said is as it should be. */
export interface Packed {
  name: string;
  content?: Buffer;
  stored?: boolean;
  flags?: number;
  method?: number;
  crc?: number;
  size?: number;
  /** Whether its sizes stand where those beyond 4 GiB do. */
  zip64?: boolean;
}

export function zip(files: Packed[], { comment = '' } = {}): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const { name, content = Buffer.alloc(0), stored = false, flags = 0, zip64 = false } = file;
    const data = stored ? content : deflateRawSync(content);
    const size = file.size ?? content.length;
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(flags, 2);
    facts.writeUInt16LE(file.method ?? (stored ? 0 : 8), 4);
    facts.writeUInt32LE(file.crc ?? crc32(content), 10);
    facts.writeUInt32LE(zip64 ? 0xffffffff : data.length, 14);
    facts.writeUInt32LE(zip64 ? 0xffffffff : size, 18);
    facts.writeUInt16LE(Buffer.byteLength(name), 22);
    const extra = Buffer.alloc(zip64 ? 28 : 0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      [size, data.length, offset].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + i * 8));
    }
    facts.writeUInt16LE(0, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), data]);
    facts.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(zip64 ? 0xffffffff : offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, rest, Buffer.from(name), extra);
    pieces.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...pieces, list, end, Buffer.from(comment)]);
}

interface ZstdFrame {
  /** The sizes of its raw blocks; what is over goes into the last. */
  blocks?: number[];
  /** Of the checksum the lower half of XXH64, where it is known. */
  checksum?: number;
  window?: number;
  contentSize?: number;
}

/** A Zstandard frame of raw blocks, and of one that repeats a byte where the content does. */
export function zstd(
  content: Buffer,
  { blocks = [], checksum, window = 0x58, contentSize }: ZstdFrame = {},
): Buffer {
  const flags = (checksum === undefined ? 0 : 4) | (contentSize === undefined ? 0 : 0xc0);
  const pieces: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, flags, window])];
  if (contentSize !== undefined) {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(contentSize));
    pieces.push(size);
  }
  let at = 0;
  for (let i = 0; ; i++) {
    const length = Math.min(blocks[i] ?? 128 * 1024, content.length - at);
    const block = content.subarray(at, at + length);
    at += length;
    const repeats = length > 1 && block.every((byte) => byte === block[0]);
    const isLast = at === content.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((length << 3) | ((repeats ? 1 : 0) << 1) | (isLast ? 1 : 0), 0, 3);
    pieces.push(head, repeats ? block.subarray(0, 1) : block);
    if (isLast) break;
  }
  if (checksum !== undefined) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(checksum);
    pieces.push(sum);
  }
  return Buffer.concat(pieces);
}
