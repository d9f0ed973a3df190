import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openContent } from '../../../src/content/content.js';
import { isCleanField, scanFile, type Encoding } from '../../../src/load/read/blocks.js';
import { Scanner } from '../../../src/load/read/scan.js';
import { refusal } from './reading.js';
import { scanRows } from './scanning.js';

const folder = mkdtempSync(join(tmpdir(), 'tally-blocks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const MiB = 1024 * 1024;
const options = { encoding: 'utf-8', limits: { maxUnpackedBytes: 2 ** 40, maxUnpackRatio: 200 } } as const;

interface Scanned {
  rows: { line: number; raw: string; clean: boolean }[];
  /** The size of each buffer that rows came from, and how far the file was read after each block. */
  buffers: number[];
  positions: number[];
}

async function scanned(
  content: string | Buffer,
  encoding: Encoding = 'utf-8',
  maxRowBytes = MiB,
): Promise<Scanned> {
  const path = join(folder, 'file.csv');
  writeFileSync(path, content);
  const found: Scanned = { rows: [], buffers: [], positions: [] };
  const dialect = { delimiter: Buffer.from(','), quote: 34, comment: undefined, maxRowBytes };
  const scanner = new Scanner(dialect, (row) =>
    found.rows.push({
      line: row.line,
      raw: row.bytes.toString('latin1', row.start, row.end),
      clean: row.clean,
    }),
  );
  scanner.expected = 2;
  const file = await openContent(path, 'file.csv', options);
  try {
    await scanFile(file, scanner, encoding, (position) => {
      found.positions.push(position);
      found.buffers.push(scanner.bytes.length);
      return Promise.resolve();
    });
  } finally {
    await file.close();
  }
  return found;
}

describe('a file larger than a block', () => {
  test('has the rows that it has in one piece', async () => {
    // Rows of odd lengths, so that the borders fall on quotes, line ends and halves of characters.
    const row = (i: number) =>
      i % 3 ? `${i},"Zürich\r\n""${'€'.repeat(i % 17)}"""\r\n` : `${i},é${'x'.repeat(i % 31)}\r\n`;
    const content = Buffer.from(Array.from({ length: 120_000 }, (_, i) => row(i)).join(''));
    expect(content.length).toBeGreaterThan(3 * MiB);
    const { rows, positions } = await scanned(content);
    const whole = scanRows(content, { expected: 2 });
    expect(rows.length).toBe(whole.length);
    expect(
      rows.every((each, i) => each.line === whole[i]!.line && each.raw === whole[i]!.raw && each.clean),
    ).toBe(true);
    expect(positions.at(-1)).toBe(content.length);
  });

  test('needs no more memory than a small one', async () => {
    const lines = (bytes: number) => '12345,"a text"\n'.repeat(bytes / 15);
    const hostile = (bytes: number) => `1,"open\n${'2,x\n'.repeat(bytes / 4)}`;
    for (const file of [lines, hostile]) {
      const largest = async (bytes: number) => Math.max(...(await scanned(file(bytes))).buffers);
      expect(await largest(12 * MiB)).toBeLessThanOrEqual(Math.max(await largest(4 * MiB), 3 * MiB));
    }
  });

  test('a row that fills many blocks is not looked at again for each', async () => {
    const { buffers, rows } = await scanned(`1,"${'x'.repeat(20 * MiB)}"\n2,b\n`, 'utf-8', 64 * MiB);
    expect(rows.map((row) => row.raw.length)).toEqual([20 * MiB + 4, 3]);
    // From 16 KiB to 20 MiB it doubles eleven times.
    expect(buffers.length).toBeLessThan(14);
  });

  test('a line that is longer than a row may be ends the reading soon', async () => {
    let read = 0;
    const path = join(folder, 'long.csv');
    writeFileSync(path, `1,a\n${'x'.repeat(20 * MiB)}`);
    const file = await openContent(path, 'file.csv', options);
    const scanner = new Scanner(
      { delimiter: Buffer.from(','), quote: 34, comment: undefined, maxRowBytes: MiB },
      () => {},
    );
    const said = await refusal(
      scanFile(file, scanner, 'utf-8', (position) => {
        read = position;
        return Promise.resolve();
      }),
    );
    await file.close();
    expect(said).toMatchObject({
      code: 'row_too_long',
      message: 'Line 2 is longer than 1048576 bytes, so the file was refused; nothing of it was loaded.',
    });
    expect(read).toBeLessThan(3 * MiB);
  });
});

describe('encodings', () => {
  test('a byte order mark is no part of the first field', async () => {
    expect((await scanned('\ufeffa,b\n')).rows).toMatchObject([{ raw: 'a,b', line: 1, clean: true }]);
    expect((await scanned('\ufeff')).rows).toEqual([]);
  });

  test.each([
    ['UTF-16, little end first', Buffer.from('\ufeffid,name\n', 'utf16le')],
    ['UTF-16, big end first', Buffer.from('\ufeffid,name\n', 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from('id,name\n1,Zürich\n', 'utf16le')],
    ['UTF-16 without a mark, big end first', Buffer.from('id,name\n', 'utf16le').swap16()],
  ])('%s is refused where the feed does not say so, and what it can say is said', async (_, content) => {
    const { code, message, hint } = await refusal(scanned(content));
    expect({ code, hint }).toEqual({
      code: 'file_encoding',
      hint: 'If such files are right, say `encoding: utf-16` in the feed; else ask for UTF-8.',
    });
    expect(message).toMatch(/^The file (is|looks like) UTF-16/);
  });

  test('NUL in a few rows is not UTF-16', async () => {
    for (const content of ['a,b\n\0,\0\n', '\0\0\0\0,\0\n', 'a,\0\0\n']) {
      const { rows } = await scanned(content);
      expect(rows.some((row) => row.raw.includes('\0') && !row.clean)).toBe(true);
    }
  });

  test('a character that a block cuts in two is whole', async () => {
    for (const cut of [0, 1, 2, 3]) {
      const { rows } = await scanned(`${'x'.repeat(MiB - 2 - cut)}\n😀,€\n`, 'utf-8', 2 * MiB);
      expect(rows.map((row) => row.clean)).toEqual([true, true]);
    }
  });

  test.each<[string, Encoding, number[], boolean]>([
    ['ASCII', 'utf-8', [65, 9], true],
    ['a character of four bytes', 'utf-8', [0xf0, 0x9f, 0x98, 0x80], true],
    ['half a character', 'utf-8', [0xc3], false],
    ['half of a surrogate pair', 'utf-8', [0xed, 0xa0, 0x80], false],
    ['more bytes than needed', 'utf-8', [0xc0, 0xaf], false],
    ['beyond Unicode', 'utf-8', [0xf4, 0x90, 0x80, 0x80], false],
    ['NUL', 'utf-8', [65, 0], false],
    ['NUL', 'latin1', [65, 0], false],
    ['any other byte', 'latin1', [0x80, 0x9f, 0xff], true],
    ['the euro sign', 'windows-1252', [0x80, 0xff], true],
    ['a byte that Windows-1252 lacks', 'windows-1252', [0x81], false],
  ])('%s in %s', (_, encoding, bytes, clean) => {
    expect(isCleanField(Buffer.from(bytes), encoding)).toBe(clean);
  });
});
