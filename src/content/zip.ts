import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { TallyError } from '../errors.js';
import { inflate, type Unpacked } from './inflate.js';
import { PackedBytes } from './packed-bytes.js';

/** The one file of an archive, and where its packed bytes lie. */
export interface Entry {
  name: string;
  isDeflated: boolean;
  start: number;
  packedSize: number;
  size: number;
  crc: number;
}

const END = { signature: 0x06054b50, bytes: 22, mostComment: 0xffff };
const LOCATOR_64 = { signature: 0x07064b50, bytes: 20 };
const END_64 = { signature: 0x06064b50, bytes: 56 };
const DIRECTORY = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
/** An archive with a longer list has more than the one file that is expected. */
const MOST_DIRECTORY_BYTES = 1024 * 1024;
const ONE_BY_ONE = 'Unpack it, and deliver its files one by one.';
const ENCRYPTED = 1;
const UTF8_NAME = 0x800;
const ZIP_64_FIELD = 1;

interface Listed {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packedSize: number;
  size: number;
  offset: number;
}

/** Finds the one file of an archive; folders, and what macOS puts beside files, do not count. */
export async function findEntry(file: FileHandle, fileSize: number): Promise<Entry> {
  const archive = new Archive(file, fileSize);
  const directory = await archive.directory();
  const files = listed(directory, archive).filter(
    ({ name }) => !name.endsWith('/') && !name.startsWith('__MACOSX/'),
  );
  const [entry] = files;
  if (!entry || files.length > 1) throw notOneFile(files.map(({ name }) => name));
  if (entry.flags & ENCRYPTED) {
    throw refused('The file in the archive is encrypted', 'Ask for it without a password.');
  }
  if (entry.method !== 0 && entry.method !== 8) {
    throw refused(
      `The archive packs its file by method ${entry.method}; expected stored or deflate`,
      'Ask for an ordinary ZIP archive.',
    );
  }
  const start = await archive.dataStart(entry);
  if (start + entry.packedSize > fileSize) throw archive.bytes.truncated();
  if (entry.method === 0 && entry.packedSize !== entry.size) throw archive.bytes.damaged('its sizes differ');
  const { name, packedSize, size, crc } = entry;
  return { name: name.replace(/^.*[/\\]/, ''), isDeflated: entry.method === 8, start, packedSize, size, crc };
}

export async function* unzip(packed: PackedBytes, entry: Entry): AsyncGenerator<Buffer, void> {
  const { size, crc } = yield* entry.isDeflated ? inflate(packed) : stored(packed);
  if (!(await packed.isAtEnd())) throw packed.damaged('other bytes stand behind its content');
  if (size !== entry.size || crc !== entry.crc)
    throw packed.damaged('its checksum is another one than that of its content');
}

async function* stored(packed: PackedBytes): AsyncGenerator<Buffer, Unpacked> {
  let [size, crc] = [0, 0];
  for (let piece = await packed.take(); piece; piece = await packed.take()) {
    size += piece.length;
    crc = crc32(piece, crc);
    yield piece;
  }
  return { size, crc };
}

/** An archive is read from its end, where its list of files is found. */
class Archive {
  readonly bytes: PackedBytes;

  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {
    this.bytes = new PackedBytes(file, 0, size, 'ZIP');
  }

  async directory(): Promise<Buffer> {
    const tailBytes = Math.min(this.size, LOCATOR_64.bytes + END.bytes + END.mostComment);
    const tail = await this.at(this.size - tailBytes, tailBytes);
    const end = this.findEnd(tail);
    let [from, length] = [tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12)];
    const locator = end - LOCATOR_64.bytes;
    if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_64.signature) {
      const end64 = await this.at(this.number(tail.readBigUInt64LE(locator + 8)), END_64.bytes);
      this.expect(end64, END_64.signature);
      from = this.number(end64.readBigUInt64LE(48));
      length = this.number(end64.readBigUInt64LE(40));
    }
    if (length > MOST_DIRECTORY_BYTES)
      throw refused('The archive has too many files; expected exactly one', ONE_BY_ONE);
    return this.at(from, length);
  }

  /** Where the packed bytes of a file begin. */
  async dataStart({ offset }: Listed): Promise<number> {
    const local = await this.at(offset, LOCAL.bytes);
    this.expect(local, LOCAL.signature);
    return offset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  }

  expect(bytes: Buffer, signature: number): void {
    if (bytes.readUInt32LE(0) !== signature) throw this.bytes.damaged('its list of files leads nowhere');
  }

  number(value: bigint): number {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.bytes.damaged('its sizes cannot be');
    return Number(value);
  }

  private findEnd(tail: Buffer): number {
    for (let i = tail.length - END.bytes; i >= 0; i--) {
      if (tail.readUInt32LE(i) !== END.signature) continue;
      const behind = tail.length - i - END.bytes - tail.readUInt16LE(i + 20);
      if (behind === 0) return i;
      if (behind > 0) throw this.bytes.damaged('other bytes stand behind its end');
    }
    throw this.bytes.truncated();
  }

  private async at(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await this.file.read(bytes, 0, length, position);
    if (bytesRead < length) throw this.bytes.damaged('its list of files leads nowhere');
    return bytes;
  }
}

function listed(directory: Buffer, archive: Archive): Listed[] {
  const found: Listed[] = [];
  for (let at = 0; at < directory.length;) {
    if (directory.length - at < DIRECTORY.bytes) throw archive.bytes.damaged('its list of files is cut off');
    archive.expect(directory.subarray(at), DIRECTORY.signature);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((i) => directory.readUInt16LE(at + i));
    const nameEnd = at + DIRECTORY.bytes + nameBytes!;
    const flags = directory.readUInt16LE(at + 8);
    const name = directory.toString(flags & UTF8_NAME ? 'utf8' : 'latin1', at + DIRECTORY.bytes, nameEnd);
    const sizes = zip64Sizes(
      {
        size: directory.readUInt32LE(at + 24),
        packedSize: directory.readUInt32LE(at + 20),
        offset: directory.readUInt32LE(at + 42),
      },
      directory.subarray(nameEnd, nameEnd + extraBytes!),
      archive,
    );
    found.push({
      name,
      flags,
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      ...sizes,
    });
    at = nameEnd + extraBytes! + commentBytes!;
  }
  return found;
}

type Sizes = Pick<Listed, 'size' | 'packedSize' | 'offset'>;

/** Sizes beyond 4 GiB stand in an extra field, in this order, each only if it has no room in its usual place. */
function zip64Sizes(sizes: Sizes, extra: Buffer, archive: Archive): Sizes {
  const large = (['size', 'packedSize', 'offset'] as const).filter((each) => sizes[each] === 0xffffffff);
  if (large.length === 0) return sizes;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP_64_FIELD || extra.length < at + 4 + large.length * 8) continue;
    const values = large.map((each, i) => [each, archive.number(extra.readBigUInt64LE(at + 4 + i * 8))]);
    return { ...sizes, ...(Object.fromEntries(values) as Partial<Sizes>) };
  }
  throw archive.bytes.damaged('its sizes cannot be');
}

function notOneFile(names: string[]): TallyError {
  const shown = names
    .slice(0, 3)
    .map((name) => `\`${name}\``)
    .join(', ');
  const has =
    names.length === 0 ? 'no file' : `${names.length} files: ${shown}${names.length > 3 ? ', …' : ''}`;
  return refused(`The archive has ${has}; expected exactly one`, ONE_BY_ONE);
}

function refused(what: string, hint: string): TallyError {
  return new TallyError('file_container', `${what}. Nothing was loaded.`, { hint });
}
