import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { contentOf, fate, LIMITS, withContent } from './opening.js';
import { zip, zstd } from './packing.js';

const MiB = 1024 * 1024;
const text = Buffer.from('id,name\n1,Ann\n');
const utf16 = (content: string) => Buffer.from(content, 'utf16le');

describe('what a file is packed in', () => {
  test.each([
    ['a.csv', text],
    ['a.csv.gz', gzipSync(text)],
    ['A.CSV.GZ', gzipSync(text)],
    ['a.csv.zst', zstd(text)],
    ['a.csv.zip', zip([{ name: 'a', content: text }])],
  ])('is said by the name %s', async (name, bytes) => {
    await withContent(bytes, name, {}, (content) => {
      expect(content.name.toLowerCase()).toBe('a.csv');
      return Promise.resolve();
    });
    expect(await contentOf(bytes, name)).toEqual(text);
  });

  test.each([
    ['a.csv', gzipSync(text), /The file is gzip; expected a name that says so/],
    ['a.csv', zstd(text), /The file is Zstandard; expected a name/],
    ['a.xlsx', zip([{ name: 'a' }]), /The file is a ZIP archive; expected a name/],
    ['a.csv.gz', text, /The name ends in .gz, and the file is not gzip/],
    ['a.csv.gz', zstd(text), /The name ends in .gz, and the file is Zstandard/],
    ['a.csv.zst', Buffer.from('i'), /The name ends in .zst, and the file is not Zstandard/],
  ])('%s that is something else is refused', async (name, bytes, message) => {
    await expect(contentOf(bytes, name)).rejects.toMatchObject({
      code: 'file_container',
      message: expect.stringMatching(message),
    });
  });

  test.each(['a.gz', 'a.zst', 'a.zip'])('%s without a byte is empty', async (name) => {
    expect(await fate(Buffer.alloc(0), name)).toBe('file_empty');
  });

  test('what is missing is told', async () => {
    const { openContent } = await import('../../src/content/content.js');
    await expect(
      openContent('/no/such/file', 'file', { encoding: 'utf-8', limits: LIMITS }),
    ).rejects.toMatchObject({
      code: 'file_unreadable',
    });
  });
});

describe('a file that becomes too much', () => {
  const zeros = Buffer.alloc(20 * MiB);
  const packed: [string, Buffer][] = [
    ['a.gz', gzipSync(zeros)],
    ['a.zst', zstd(zeros)],
    ['a.zip', zip([{ name: 'a', content: zeros }])],
  ];

  test.each(packed)('%s by its ratio', async (name, bytes) => {
    await expect(contentOf(bytes, name)).rejects.toMatchObject({
      code: 'file_unpacks_too_large',
      message: `The file unpacks to more than 200 times its size of ${bytes.length} bytes, so it was refused; nothing of it was loaded.`,
      hint: 'If files like this are right, raise TALLY_MAX_UNPACK_RATIO.',
    });
    expect(await fate(bytes, name, { limits: { ...LIMITS, maxUnpackRatio: 100_000 } })).toBe('read');
  });

  test.each(packed)('%s by its size', async (name, bytes) => {
    const limits = { maxUnpackRatio: 100_000, maxUnpackedBytes: zeros.length - 1 };
    await expect(contentOf(bytes, name, { limits })).rejects.toMatchObject({
      code: 'file_unpacks_too_large',
      message: expect.stringContaining(`more than ${zeros.length - 1} bytes`),
      hint: expect.stringContaining('TALLY_MAX_UNPACKED_BYTES'),
    });
    expect(await fate(bytes, name, { limits: { ...limits, maxUnpackedBytes: zeros.length } })).toBe('read');
  });

  test('a small one of rows that are alike is none', async () => {
    const rows = Buffer.from('1,2,3,active\n'.repeat(1_000_000));
    const gz = gzipSync(rows);
    expect(rows.length / gz.length).toBeGreaterThan(200);
    expect((await contentOf(gz, 'a.gz')).equals(rows)).toBe(true);
  });

  test('1 GiB of zeros is given up long before, in little memory', async () => {
    const gzip = createGzip({ level: 1 });
    const pieces: Buffer[] = [];
    gzip.on('data', (piece: Buffer) => pieces.push(piece));
    const zeros = Buffer.alloc(8 * MiB);
    for (let i = 0; i < 128; i++) await new Promise((resolve) => gzip.write(zeros, resolve));
    await new Promise((resolve) => gzip.on('end', resolve).end());
    const bomb = Buffer.concat(pieces);
    let read = 0;
    await withContent(bomb, 'bomb.gz', { limits: { ...LIMITS, maxUnpackRatio: 10 } }, async (content) => {
      const reading = content.begin();
      const buffer = Buffer.alloc(MiB);
      const all = async () => {
        for (let n = -1; n !== 0; read += n) n = await reading.read(buffer, 0, MiB);
      };
      await expect(all()).rejects.toMatchObject({ code: 'file_unpacks_too_large' });
      await reading.close();
    });
    expect(read).toBeLessThanOrEqual(Math.max(16 * MiB, bomb.length * 10));
  });
});

describe('the encoding of a file', () => {
  const row = 'id,name\n1,Zoë €\n';

  test.each([
    ['little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(row)]), '\ufeff', 'utf-16le'],
    ['big end first', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(row)]).swap16(), '\ufeff', 'utf-16be'],
    ['little end first, without a mark', utf16(row), '', 'utf-16le'],
    ['big end first, without a mark', utf16(row).swap16(), '', 'utf-16be'],
  ])('UTF-16, %s', async (_, bytes, mark, rawEncoding) => {
    for (const [name, packed] of [
      ['a.csv', bytes],
      ['a.csv.gz', gzipSync(bytes)],
      ['a.csv.zst', zstd(bytes)],
      ['a.zip', zip([{ name: 'a', content: bytes }])],
    ] as const) {
      await withContent(packed, name, { encoding: 'utf-16' }, (content) => {
        expect(content.rawEncoding).toBe(rawEncoding);
        return Promise.resolve();
      });
      expect((await contentOf(packed, name, { encoding: 'utf-16', step: 5 })).toString()).toBe(mark + row);
      await expect(contentOf(packed, name)).rejects.toMatchObject({
        code: 'file_encoding',
        message: expect.stringMatching(/^The file (is|looks like) UTF-16.*the feed says utf-8/),
      });
    }
  });

  test('that is declared UTF-16 and is not is refused', async () => {
    await expect(contentOf(Buffer.from(row), 'a.csv', { encoding: 'utf-16' })).rejects.toMatchObject({
      code: 'file_encoding',
      message: expect.stringContaining('neither a byte order mark nor NUL'),
    });
    expect(await fate(Buffer.alloc(0), 'a.csv', { encoding: 'utf-16' })).toBe('read');
  });

  test('of an odd number of bytes is not whole', async () => {
    const bytes = Buffer.concat([utf16(row), Buffer.from('\n')]);
    expect(await fate(bytes, 'a.csv', { encoding: 'utf-16' })).toBe('file_truncated');
    expect(await fate(Buffer.from('\n'), 'a.csv', { encoding: 'utf-16' })).toBe('file_truncated');
  });

  test('is left as it is where it is none of UTF-16', async () => {
    const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x80, 0xe9, 0]);
    expect(await contentOf(bytes, 'a.csv')).toEqual(bytes);
    expect(await contentOf(bytes, 'a.csv', { encoding: 'latin1' })).toEqual(bytes);
  });
});
