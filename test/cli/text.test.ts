import { expect, test } from '@jest/globals';
import {
  count,
  cut,
  cutMiddle,
  moment,
  percent,
  plural,
  printable,
  printableLines,
} from '../../src/cli/text.js';

test('control characters are shown, never obeyed', () => {
  expect(printable('a\nb\r\tc')).toBe('a\\nb\\r\\tc');
  expect(printable('\u001b[31mred\u001b[0m\u0007')).toBe('\\u001b[31mred\\u001b[0m\\u0007');
  expect(printable('abc\u202egpj.exe')).toBe('abc\\u202egpj.exe');
  expect(printable('Zürich 東京 "quoted"')).toBe('Zürich 東京 "quoted"');
  expect(printableLines('two\nlines\u001b')).toBe('two\nlines\\u001b');
});

test('what is too long is cut where it tells least', () => {
  expect(cut('short', 10)).toBe('short');
  expect(cut('a message that is long', 10)).toBe('a message…');
  expect(cutMiddle('Customer Rating Agency A Inc.csv', 40)).toBe('Customer Rating Agency A Inc.csv');
  expect(cutMiddle('Customer Rating Agency A Inc.csv', 21)).toBe('Customer R… A Inc.csv');
  for (const length of [12, 13, 20]) expect(cutMiddle('x'.repeat(300), length)).toHaveLength(length);
});

test('numbers, shares, plurals and moments are written one way', () => {
  expect([count(1234567), count('42'), count(null), count(undefined)]).toEqual(['1,234,567', '42', '', '']);
  expect([plural(1, 'row'), plural(0, 'row'), plural(2000, 'row')]).toEqual([
    '1 row',
    '0 rows',
    '2,000 rows',
  ]);
  expect([percent(1, 3), percent(0, 5), percent(0, 0)]).toEqual(['33.33', '0.00', '']);
  expect(moment(new Date('2024-03-05T06:07:08.9Z'))).toBe('2024-03-05 06:07:08');
});
