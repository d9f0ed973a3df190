import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Xxh64 } from '../../src/content/xxh64.js';
import { contentOf, fate } from './opening.js';
import { zstd } from './packing.js';

const text = Buffer.from('id,name\n1,Zürich\n2,"a ""b"""\n');
const checksumOf = (bytes: Buffer) => {
  const sum = new Xxh64();
  sum.update(bytes);
  return sum.low32();
};

describe('Zstandard', () => {
  test('is what was packed, whatever its blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(new Uint8Array(40))), {
          maxLength: 20,
        }),
        fc.array(fc.nat(200)),
        fc.integer({ min: 1, max: 700 }),
        async (pieces, blocks, step) => {
          const bytes = Buffer.concat(pieces);
          const packed = zstd(bytes, { blocks, checksum: checksumOf(bytes), contentSize: bytes.length });
          expect(await contentOf(packed, 'a.csv.zst', { step })).toEqual(bytes);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('may have several frames, and frames that say nothing', async () => {
    const nothing = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);
    const packed = Buffer.concat([zstd(text), nothing, zstd(Buffer.alloc(0)), zstd(text), nothing]);
    expect(await contentOf(packed, 'a.zst')).toEqual(Buffer.concat([text, text]));
  });

  test('cut off at any byte is refused', async () => {
    const packed = zstd(text, { blocks: [5, 0, 7], checksum: checksumOf(text), contentSize: text.length });
    for (let length = 1; length < packed.length; length++) {
      expect({ length, fate: await fate(packed.subarray(0, length), 'a.zst') }).toEqual({
        length,
        fate: 'file_truncated',
      });
    }
  });

  test('with any byte changed is refused', async () => {
    const packed = zstd(text, { blocks: [5, 0, 7], checksum: checksumOf(text), contentSize: text.length });
    for (let at = 0; at < packed.length; at++) {
      const changed = Buffer.from(packed);
      changed[at]! ^= 0x02;
      const found = await fate(changed, 'a.zst');
      // The window says only how much memory is needed.
      if (at !== 5) expect({ at, found }).toEqual({ at, found: expect.stringMatching(/^file_/) });
    }
  });

  test.each([
    ['bytes behind its end', Buffer.concat([zstd(text), Buffer.from('more')]), 'file_damaged'],
    ['another checksum', zstd(text, { checksum: 1 }), 'file_damaged'],
    ['another size', zstd(text, { contentSize: 1 }), 'file_damaged'],
    ['a window of 16 MiB', zstd(text, { window: 14 << 3 }), 'file_container'],
    ['a window without end', zstd(text, { window: 0xff }), 'file_container'],
    ['a dictionary', Buffer.from('28b52ffd015805010000', 'hex'), 'file_container'],
    ['a block of a kind that there is not', Buffer.from('28b52ffd005807000000', 'hex'), 'file_damaged'],
    ['a block that is too large', Buffer.from('28b52ffd0058faffff41', 'hex'), 'file_damaged'],
    [
      'packed bytes that mean nothing',
      Buffer.from('28b52ffd0058' + '250000' + 'ffffffff', 'hex'),
      'file_damaged',
    ],
  ])('with %s is refused', async (_, packed, code) => {
    expect(await fate(packed, 'a.zst')).toBe(code);
  });

  test('literals that repeat a byte, packed without a sequence', async () => {
    // A block that is packed: literals of one byte eight times, and no sequence.
    const packed = Buffer.from('28b52ffd0058' + '1d0000' + '41' + '61' + '00', 'hex');
    expect((await contentOf(packed, 'a.zst')).toString()).toBe('a'.repeat(8));
  });
});

describe('what zstd itself packs', () => {
  const pack = packer();
  if (!pack) console.log('What zstd packs is not tried here: that wants the zstd command, or Node 22.15.');
  (pack ? test : test.skip).each([1, 3, 12, 19])('at level %i', async (level) => {
    let seed = 1;
    const next = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff);
    const rows = Array.from(
      { length: 40_000 },
      (_, i) => `${i},${next() % 1000},"${'né'.repeat(next() % 9)}"\n`,
    );
    const content = Buffer.from(rows.join(''));
    const packed = pack!(content, level);
    expect(packed.length).toBeLessThan(content.length / 2);
    expect((await contentOf(packed, 'a.zst', { step: 50_001 })).equals(content)).toBe(true);
    expect(await fate(packed.subarray(0, packed.length >> 1), 'a.zst')).toBe('file_truncated');
  });
});

/** Node 20 cannot pack, but a machine may have the command. */
function packer(): ((bytes: Buffer, level: number) => Buffer) | undefined {
  const { zstdCompressSync, constants } = zlib as unknown as {
    zstdCompressSync?: (bytes: Buffer, options: object) => Buffer;
    constants: Record<string, number>;
  };
  if (zstdCompressSync) {
    return (bytes, level) =>
      zstdCompressSync(bytes, {
        params: { [constants.ZSTD_c_compressionLevel!]: level, [constants.ZSTD_c_checksumFlag!]: 1 },
      });
  }
  if (spawnSync('zstd', ['--version']).status !== 0) return undefined;
  return (input, level) => spawnSync('zstd', [`-${level}`], { input, maxBuffer: 2 ** 30 }).stdout;
}
