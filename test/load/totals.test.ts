import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ExactSum } from '../../src/load/totals.js';

const sumOf = (...texts: string[]) =>
  texts.reduce((sum, text) => sum.addText(text), new ExactSum()).toString();

describe('an exact sum', () => {
  test('is that of decimal numbers as a file writes them', () => {
    expect(sumOf()).toBe('0');
    expect(sumOf('1', ' 2 ', '+3', '\t-10')).toBe('-4');
    expect(sumOf('0.1', '0.2')).toBe('0.3');
    expect(sumOf('.5', '5.', '-0.50')).toBe('5');
    expect(sumOf('1.10', '-1.1')).toBe('0');
    expect(sumOf('12345678901234567890.12', '0.000000000000000000001')).toBe(
      '12345678901234567890.120000000000000000001',
    );
  });

  test('passes over what is no number', () => {
    expect(sumOf('', ' ', '-', '.', '1e3', '1,5', '0x10', '1 000', '--1', '1-', 'NaN', '١', '7')).toBe('7');
  });

  test('is exact for any numbers, in any order', () => {
    const number = fc.tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.nat({ max: 12 }));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300 }), (numbers) => {
        const texts = numbers.map(([value, decimals]) => written(value, decimals));
        const exact = numbers.reduce(
          (sum, [value, decimals]) => sum + value * 10n ** BigInt(12 - decimals),
          0n,
        );
        const expected = new ExactSum().addText(written(exact, 12));
        const found = new ExactSum();
        for (const text of texts) found.addText(text);
        expect(found.toString()).toBe(expected.toString());
        expect(found.equals(expected)).toBe(true);
      }),
    );
  });

  test('does not lose a digit where small numbers add up to a large one', () => {
    const sum = new ExactSum();
    for (let i = 0; i < 2000; i++) sum.addText('9999999999999');
    expect(sum.toString()).toBe((9999999999999n * 2000n).toString());
  });
});

function written(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
