import { describe, expect, test } from '@jest/globals';
import { controlOf, readChecksum, readManifest, refuseOtherFile } from '../../src/inbox/manifest.js';

const SUM = 'ab'.repeat(32);

function codeOf(work: () => unknown): { code?: string; message?: string } {
  try {
    work();
    return {};
  } catch (error) {
    return error as { code: string; message: string };
  }
}

describe('a manifest', () => {
  const read = (text: string) => readManifest('below/orders.csv.manifest.json', text);

  test('may say any of four things, and others that are not ours', () => {
    const text = `\ufeff{"bytes": 12, "sha256": "${SUM.toUpperCase()}", "rows": "3", "totals": {"a": 1}, "by": null}`;
    expect(read(text)).toMatchObject({ bytes: 12, sha256: SUM, rows: 3, totals: { a: '1' } });
    expect(read('{"rows": 0}')).toEqual({ name: 'below/orders.csv.manifest.json', rows: 0 });
  });

  test('has totals with every digit that was written', () => {
    const digits = '12345678901234567890123456789012345678901234567890123456789012345.6789';
    expect(read(`{"totals": {"a": ${digits}, "b": " -0.10 "}}`).totals).toEqual({ a: digits, b: '-0.10' });
  });

  test.each([
    ['{', 'expected a JSON object'],
    ['[]', 'expected a JSON object'],
    ['', 'expected a JSON object'],
    ['{"rows": 1} {"rows": 2}', 'expected a JSON object'],
    ['{"row_count": 1}', 'expected at least one of bytes, sha256, rows, totals'],
    ['{"rows": 1.5}', 'expected a whole number as rows, got `1.5`'],
    ['{"bytes": -1}', 'expected a whole number as bytes, got `-1`'],
    ['{"rows": null}', 'expected a whole number as rows, got `null`'],
    ['{"sha256": "abc"}', 'expected 64 hex digits as sha256'],
    ['{"totals": [1]}', 'expected columns with their sums as totals'],
    ['{"totals": {"a": "1,5"}}', 'expected a decimal number as the total of a, got `"1,5"`'],
    ['{"totals": {"a": 1e3}}', 'expected a decimal number as the total of a, got `1e3`'],
  ])('that is %s is refused', (text, message) => {
    expect(codeOf(() => read(text))).toMatchObject({
      code: 'manifest_invalid',
      message: `orders.csv.manifest.json: ${message}. Nothing of its file was read.`,
    });
  });

  test('is held against size and checksum', () => {
    const manifests = [read(`{"bytes": 12, "sha256": "${SUM}", "rows": 1, "totals": {"a": 2}}`)];
    expect(codeOf(() => refuseOtherFile(manifests, { size: 12, sha256: SUM }))).toEqual({});
    expect(codeOf(() => refuseOtherFile(manifests, { size: 13, sha256: SUM }))).toMatchObject({
      code: 'manifest_differs',
      message: expect.stringContaining('12 bytes; it has 13'),
    });
    expect(codeOf(() => refuseOtherFile(manifests, { size: 12, sha256: 'c' }))).toMatchObject({
      code: 'manifest_differs',
    });
    expect(controlOf(manifests)).toEqual({ rows: 1, totals: { a: '2' } });
    expect(controlOf([read('{"bytes": 1}')])).toBeUndefined();
  });
});

describe('a checksum', () => {
  const read = (text: string) => readChecksum('below/orders.csv.sha256', text).sha256;
  const other = 'cd'.repeat(32);

  test.each([
    ['bare', SUM],
    ['as sha256sum writes it', `${SUM}  orders.csv\n`],
    ['of a file read as binary', `${SUM.toUpperCase()} *orders.csv\r\n`],
    ['as BSD writes it', `SHA256 (orders.csv) = ${SUM}\n`],
    ['under the name that the file had elsewhere', `${SUM}  /tmp/export.csv\n`],
    ['one of several', `${other}  items.csv\n${SUM}  ./orders.csv\n`],
  ])('%s', (_, text) => expect(read(text)).toBe(SUM));

  test.each([
    ['nothing', ''],
    ['too short', 'abc'],
    ['those of other files', `${other}  a.csv\n${SUM}  b.csv\n`],
  ])('that is %s is refused', (_, text) => {
    expect(codeOf(() => read(text))).toMatchObject({
      code: 'manifest_invalid',
      message: expect.stringContaining('expected a line with the SHA-256 of orders.csv'),
    });
  });
});
