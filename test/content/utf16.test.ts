import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PieceReading } from '../../src/content/pieces.js';
import { fromUtf16, toUtf16, type ByteOrder } from '../../src/content/utf16.js';

/** Reads bytes that come in pieces of a size, as UTF-16. */
async function read(bytes: Buffer, order: ByteOrder, size: number): Promise<Buffer> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size)
      yield await Promise.resolve(bytes.subarray(at, at + size));
  }
  const used = { position: 0 };
  const inner = new PieceReading(pieces(), used);
  // As little at once as the pieces have, so that every border is met.
  const slow = {
    position: 0,
    read: (into: Buffer, offset: number, length: number) => inner.read(into, offset, Math.min(size, length)),
    close: () => inner.close(),
  };
  const found: Buffer[] = [];
  for await (const piece of fromUtf16(slow, order)) found.push(Buffer.from(piece));
  return Buffer.concat(found);
}

const units = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
    fc.constantFrom(
      0,
      0x7f,
      0x80,
      0x7ff,
      0x800,
      0xd7ff,
      0xd800,
      0xdbff,
      0xdc00,
      0xdfff,
      0xe000,
      0xfeff,
      0xffff,
    ),
  ),
  { maxLength: 60 },
);
const bytesOf = (values: number[], order: ByteOrder) => {
  const bytes = Buffer.from(Uint16Array.from(values).buffer);
  return order === 'little' ? bytes : bytes.swap16();
};

describe.each(['little', 'big'] as const)('%s end first', (order) => {
  test('text is what Node makes of it, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (text, size) => {
          const bytes = Buffer.from(text, 'utf16le');
          const found = await read(order === 'little' ? bytes : bytes.swap16(), order, size);
          expect(found.toString('utf8')).toBe(text);
          expect(found).toEqual(Buffer.from(text));
        },
      ),
    );
  });

  test('whatever stands in the file can be made again of what was read, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(units, fc.integer({ min: 1, max: 9 }), async (values, size) => {
        const bytes = bytesOf(values, order);
        const found = await read(bytes, order, size);
        expect(toUtf16(found, order)).toEqual(bytes);
        // Only text is UTF-8.
        const text = String.fromCharCode(...values);
        expect(found.equals(Buffer.from(text))).toBe(text.isWellFormed());
      }),
    );
  });

  test('half of a pair is three bytes that UTF-8 does not have', async () => {
    const found = await read(bytesOf([0x61, 0xd83d, 0x62, 0xde00, 0xd83d], order), order, 3);
    expect(found.toString('hex')).toBe('61' + 'eda0bd' + '62' + 'edb880' + 'eda0bd');
  });

  test('a byte that is over is no character', async () => {
    const bytes = Buffer.concat([bytesOf([0x61, 0xd83d], order), Buffer.from('x')]);
    for (const size of [1, 2, 3, 5]) {
      await expect(read(bytes, order, size)).rejects.toMatchObject({ code: 'file_truncated' });
    }
  });
});
