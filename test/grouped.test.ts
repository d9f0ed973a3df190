import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grouped } from '../src/grouped.js';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [-1234567, '-1,234,567'],
  [1234.5, '1,234.5'],
  [0.0004, '0'],
])('%d is %s', (value, text) => {
  expect(grouped(value)).toBe(text);
});

test('whole numbers and hundredths are as English writes them', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.constantFrom(1, 100), (whole, divisor) => {
      const value = divisor === 1 ? whole : Math.trunc(whole / 1e6) / divisor;
      // English has a minus before zero, which no count has.
      fc.pre(value !== 0);
      expect(grouped(value)).toBe(value.toLocaleString('en-US'));
    }),
  );
});
