import { open, type FileHandle } from 'node:fs/promises';
import { TallyError } from '../errors.js';
import { containerOfName, refuseOtherContainer } from './container.js';
import { gunzip } from './gzip.js';
import { limited, type UnpackLimits } from './limits.js';
import { PackedBytes } from './packed-bytes.js';
import { PieceReading } from './pieces.js';
import { PlainReading } from './plain.js';
import { byteOrder, fromUtf16, isUtf16, refuseUtf16, toUtf16, type ByteOrder } from './utf16.js';
import { unzstd } from './zstd.js';
import { findEntry, unzip } from './zip.js';

/** How the texts of a file are encoded, as a feed declares it. */
export type DeclaredEncoding = 'utf-8' | 'utf-16' | 'latin1' | 'windows-1252';

/** One way through a file, from its beginning. */
export interface Reading {
  /** How much of the file itself, packed as it may be, has been read. */
  readonly position: number;
  /** Fills a piece of a buffer as far as it can, and tells how far; 0 at the end. */
  read(into: Buffer, offset: number, length: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * What a file says, however it is packed: its bytes in their order, and UTF-16 as UTF-8. It can be read several
 * times, one reading after the other.
 */
export interface Content {
  /** The name of what is packed: that of the file, or of its entry if that one tells more. */
  name: string;
  /** In which encoding the bytes of `raw` are. */
  rawEncoding: string;
  begin(): Reading;
  /** A piece of what was read as it stands in the (unpacked) file; the same where there is no such question. */
  raw?(bytes: Buffer): Buffer;
  /** The file itself, packed as it may be. */
  file: FileHandle;
  close(): Promise<void>;
}

export interface ContentOptions {
  /** Guessed: UTF-16 if it is that, else left as it is and called UTF-8. */
  encoding: DeclaredEncoding | 'guessed';
  limits: UnpackLimits;
}

/** So much is looked at to tell an encoding. */
const HEAD_BYTES = 4096;

/** Opens a file that is read as its name and its feed say; if it is not what they say, it is refused. */
export async function openContent(path: string, name: string, options: ContentOptions): Promise<Content> {
  const file = await openFile(path);
  try {
    const unpacked = await unpackedContent(file, name, options.limits);
    const head = await readHead(unpacked.begin());
    const order = orderOf(head, options.encoding);
    if (order) return asUtf16(unpacked, order);
    return { ...unpacked, rawEncoding: options.encoding === 'guessed' ? 'utf-8' : options.encoding };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function orderOf(head: Buffer, encoding: ContentOptions['encoding']): ByteOrder | undefined {
  if (encoding === 'utf-16' || (encoding === 'guessed' && isUtf16(head))) return byteOrder(head);
  if (encoding !== 'guessed') refuseUtf16(head, encoding);
  return undefined;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    const why = isThere ? (error as Error).message : 'there is no such file';
    throw new TallyError('file_unreadable', `${path} cannot be opened: ${why}.`, {
      hint: isThere ? 'The user that runs tally must be allowed to read it.' : 'Look at its name and folder.',
      cause: error,
    });
  }
}

type Unpacked = Omit<Content, 'rawEncoding'>;

async function unpackedContent(file: FileHandle, name: string, limits: UnpackLimits): Promise<Unpacked> {
  const { size } = await file.stat();
  const container = containerOfName(name);
  await refuseOtherContainer(file, size, container?.kind);
  const common = { file, close: () => file.close() };
  if (!container) return { ...common, name, begin: () => new PlainReading(file) };
  const unpack = (bytes: PackedBytes, pieces: AsyncGenerator<Buffer, void>) =>
    new PieceReading(limited(pieces, size, limits), bytes);
  const { kind, inner } = container;
  if (kind === 'zip') {
    const entry = await findEntry(file, size);
    const begin = () => {
      const bytes = new PackedBytes(file, entry.start, entry.start + entry.packedSize, 'ZIP');
      return unpack(bytes, unzip(bytes, entry));
    };
    // Inside an archive a file has a name of its own, which knows better what it is.
    return { ...common, name: /\.(json|csv)$/i.test(entry.name) ? entry.name : inner, begin };
  }
  const begin = () => {
    const bytes = new PackedBytes(file, 0, size, kind === 'gzip' ? 'gzip' : 'Zstandard');
    return unpack(bytes, kind === 'gzip' ? gunzip(bytes) : unzstd(bytes));
  };
  return { ...common, name: inner, begin };
}

function asUtf16(unpacked: Unpacked, order: ByteOrder): Content {
  return {
    ...unpacked,
    rawEncoding: order === 'little' ? 'utf-16le' : 'utf-16be',
    begin: () => {
      const reading = unpacked.begin();
      return new PieceReading(fromUtf16(reading, order), reading);
    },
    raw: (bytes) => toUtf16(bytes, order),
  };
}

async function readHead(reading: Reading): Promise<Buffer> {
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, await reading.read(head, 0, HEAD_BYTES));
  } finally {
    await reading.close();
  }
}
