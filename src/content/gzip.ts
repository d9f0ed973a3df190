import { inflate } from './inflate.js';
import type { PackedBytes } from './packed-bytes.js';

const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

/** RFC 1952. Several members one after the other are one file; anything else behind a member is no gzip. */
export async function* gunzip(packed: PackedBytes): AsyncGenerator<Buffer, void> {
  do {
    await passHeader(packed);
    const { size, crc } = yield* inflate(packed);
    const trailer = await packed.exactly(8);
    if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== size % 2 ** 32) {
      throw packed.damaged('its checksum is another one than that of its content');
    }
  } while (!(await packed.isAtEnd()));
}

async function passHeader(packed: PackedBytes): Promise<void> {
  const magic = await packed.exactly(2);
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) throw packed.damaged('other bytes stand behind its end');
  const head = await packed.exactly(8);
  const flags = head[1]!;
  if (head[0] !== 8 || flags & FLAG.reserved) throw packed.damaged('its header is none that gzip knows');
  if (flags & FLAG.extra) await packed.exactly((await packed.exactly(2)).readUInt16LE(0));
  if (flags & FLAG.name) await passText(packed);
  if (flags & FLAG.comment) await passText(packed);
  if (flags & FLAG.headerCrc) await packed.exactly(2);
}

async function passText(packed: PackedBytes): Promise<void> {
  while ((await packed.exactly(1))[0] !== 0);
}
