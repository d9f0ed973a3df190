import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, fate, readAll, withContent } from './opening.js';

const MiB = 1024 * 1024;
const text = Buffer.from('id,name\n1,Zürich\n2,"a ""b"""\n');

describe('gzip', () => {
  test('is what was packed, however little is asked for at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, level, step) => {
          expect(await contentOf(gzipSync(bytes, { level }), 'a.csv.gz', { step })).toEqual(
            Buffer.from(bytes),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of several members is one file, wherever their borders lie', async () => {
    const members = Array.from({ length: 300 }, (_, i) => Buffer.from(`${'x'.repeat(i * 7)}${i}\n`));
    const packed = Buffer.concat(members.map((member) => gzipSync(member)));
    expect(await contentOf(packed, 'a.gz')).toEqual(Buffer.concat(members));
    expect(await contentOf(Buffer.concat([gzipSync(''), gzipSync(text), gzipSync('')]), 'a.gz')).toEqual(
      text,
    );
  });

  test('larger than all buffers can be read twice, and be left in the middle', async () => {
    const content = Buffer.from(
      Array.from({ length: 300_000 }, (_, i) => `${i},${(i * 7919) % 1000}\n`).join(''),
    );
    await withContent(gzipSync(content, { level: 1 }), 'a.csv.gz', {}, async (opened) => {
      const left = opened.begin();
      await left.read(Buffer.alloc(1000), 0, 1000);
      await left.close();
      expect((await readAll(opened)).equals(content)).toBe(true);
      const again = opened.begin();
      const { size } = await opened.file.stat();
      const bytes = Buffer.alloc(content.length);
      expect(await again.read(bytes, 0, MiB)).toBe(MiB);
      expect(again.position).toBeGreaterThan(0);
      expect(again.position).toBeLessThan(size);
      await again.read(bytes, 0, bytes.length);
      await again.close();
      expect(again.position).toBe(size);
    });
  });

  test('may have a name, a comment, extra fields and a checksum in its header', async () => {
    const plain = gzipSync(text);
    const header = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 5, 0]),
      Buffer.from('extraname.csv\0said\0ab'),
    ]);
    expect(await contentOf(Buffer.concat([header, plain.subarray(10)]), 'a.gz')).toEqual(text);
  });

  test('cut off at any byte is refused', async () => {
    const packed = Buffer.concat([gzipSync(text), gzipSync(text)]);
    const border = gzipSync(text).length;
    for (let length = 1; length < packed.length; length++) {
      const expected = length === border ? 'read' : 'file_truncated';
      expect({ length, fate: await fate(packed.subarray(0, length), 'a.gz') }).toEqual({
        length,
        fate: expected,
      });
    }
    expect(await fate(Buffer.alloc(0), 'a.gz')).toBe('file_empty');
  });

  test('with any byte changed is refused, or says the same', async () => {
    const packed = gzipSync(text, { strategy: constants.Z_HUFFMAN_ONLY });
    for (let at = 0; at < packed.length; at++) {
      const changed = Buffer.from(packed);
      changed[at]! ^= 0x41;
      const found = await contentOf(changed, 'a.gz').catch((error: { code: string }) => error.code);
      // The time and the system in the header mean nothing.
      if (typeof found === 'string') expect(found).toMatch(/^file_(damaged|truncated|container)$/);
      else expect(found).toEqual(text);
    }
  });

  test.each([
    ['zeros', Buffer.alloc(3)],
    ['a byte that begins another member', Buffer.from([0x1f])],
    ['text', Buffer.from('behind the end')],
    ['much', Buffer.alloc(300_000, 'x')],
  ])('with %s behind its end is refused', async (_, behind) => {
    expect(await fate(Buffer.concat([gzipSync(text), behind]), 'a.gz')).toMatch(/^file_(damaged|truncated)$/);
  });

  test('with a size that is not that of its content is refused', async () => {
    const packed = gzipSync(text);
    packed.writeUInt32LE(text.length + 1, packed.length - 4);
    expect(await fate(packed, 'a.gz')).toBe('file_damaged');
    expect(await fate(Buffer.concat([packed.subarray(0, 10), deflateRawSync(text)]), 'a.gz')).toBe(
      'file_truncated',
    );
  });
});
