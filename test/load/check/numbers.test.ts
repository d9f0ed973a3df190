import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareNumbers, integerCheck, numericCheck } from '../../../src/load/check/numbers.js';
import { judge } from './judging.js';

describe('integers', () => {
  test.each([
    '0',
    '-0',
    '+7',
    '007',
    ' 12',
    '12 ',
    '\t-12 \t',
    '2147483647',
    '-2147483648',
    '+0000000002147483647',
  ])('%j is one', (value) => {
    expect(judge(integerCheck('integer'), value)).toBe('as it is');
  });

  test.each([
    '2147483648',
    '-2147483649',
    '1.0',
    '1.',
    '1e3',
    '0x1f',
    '1_000',
    '1,000',
    "1'000",
    '--1',
    '+-1',
    '+',
    '-',
    ' + 1',
    '1 2',
    'NaN',
    '١',
    '12a',
    '\u00a012',
    '1\n',
    '1\0',
  ])('%j is none', (value) => {
    expect(judge(integerCheck('integer'), value)).toBe('invalid');
  });

  test.each([' ', '\t', '  \t '])('%j is missing', (value) => {
    expect(judge(integerCheck('integer'), value)).toBe('missing');
    expect(judge(integerCheck('bigint'), value)).toBe('missing');
  });

  test('of a number in range it does not matter how it is written', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
        fc.nat(30),
        fc.constantFrom('', ' ', '\t '),
        (value, zeros, blanks) => {
          const digits = `${'0'.repeat(zeros)}${value < 0n ? -value : value}`;
          const text = `${blanks}${value < 0n ? '-' : ''}${digits}${blanks}`;
          const within = (bits: bigint) => value >= -(2n ** bits) && value < 2n ** bits;
          expect(judge(integerCheck('integer'), text)).toBe(within(31n) ? 'as it is' : 'invalid');
          expect(judge(integerCheck('bigint'), text)).toBe(within(63n) ? 'as it is' : 'invalid');
        },
      ),
    );
  });

  test.each([
    ['9223372036854775807', 'as it is'],
    ['9223372036854775808', 'invalid'],
    ['-9223372036854775808', 'as it is'],
    ['-9223372036854775809', 'invalid'],
    ['9007199254740993', 'as it is'],
    ['+9223372036854775807 ', 'as it is'],
    ['99999999999999999999', 'invalid'],
  ])('%s as a big integer: %s', (value, word) => {
    expect(judge(integerCheck('bigint'), value)).toBe(word);
  });

  test('a million digits are refused without being counted out', () => {
    expect(judge(integerCheck('bigint'), '9'.repeat(1_000_000))).toBe('invalid');
    expect(judge(integerCheck('bigint'), '0'.repeat(1_000_000) + '1')).toBe('as it is');
  });
});

describe('decimal numbers', () => {
  test.each([
    '0',
    '1.5',
    '.5',
    '5.',
    '-.5',
    '+1.50',
    ' 1.5\t',
    '123456789012345678901234567890.123456789',
    '00.10',
  ])('%j is one', (value) => {
    expect(judge(numericCheck(undefined, undefined), value)).toBe('as it is');
  });

  test.each([
    '.',
    '-',
    '+.',
    '1.2.3',
    '1,5',
    '1e5',
    'NaN',
    'Infinity',
    '-inf',
    '0x10',
    '1 5',
    '1_0',
    '１',
    '--1',
    '1-',
  ])('%j is none', (value) => {
    expect(judge(numericCheck(undefined, undefined), value)).toBe('invalid');
  });

  test('only blanks are missing', () => {
    expect(judge(numericCheck(5, 2), ' \t')).toBe('missing');
  });

  test.each([
    ['999.99', 'as it is'],
    ['-999.99', 'as it is'],
    ['1000', 'invalid'],
    ['0001.5', 'as it is'],
    ['1.005', 'invalid'],
    ['1.0050', 'invalid'],
    ['1.000', 'as it is'],
    ['.001', 'invalid'],
  ])('%s as numeric(5,2): %s', (value, word) => {
    expect(judge(numericCheck(5, 2), value)).toBe(word);
  });

  test.each([
    ['0.25', 'as it is'],
    ['.25', 'as it is'],
    ['1.00', 'invalid'],
    ['0', 'as it is'],
  ])('%s as numeric(2,2): %s', (value, word) => {
    expect(judge(numericCheck(2, 2), value)).toBe(word);
  });

  test('without a precision there is an end too', () => {
    const check = numericCheck(undefined, undefined);
    expect(judge(check, '9'.repeat(1000))).toBe('as it is');
    expect(judge(check, '9'.repeat(1001))).toBe('invalid');
    expect(judge(check, `.${'1'.repeat(1000)}`)).toBe('as it is');
    expect(judge(check, `.${'1'.repeat(1001)}`)).toBe('invalid');
    expect(judge(check, '0'.repeat(2001))).toBe('invalid');
  });
});

describe('comparing', () => {
  const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat(12));
  const write = ([digits, scale]: [bigint, number], zeros: number, plus: boolean) => {
    const size = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
    const whole = size.slice(0, size.length - scale);
    const decimals = size.slice(size.length - scale);
    const sign = digits < 0n ? '-' : plus ? '+' : '';
    return ` ${sign}${'0'.repeat(zeros)}${whole}${scale ? `.${decimals}${'0'.repeat(zeros)}` : ''}\t`;
  };

  test('is exact, at any size and however they are written', () => {
    fc.assert(
      fc.property(decimal, decimal, fc.nat(3), fc.boolean(), (a, b, zeros, plus) => {
        const exact = ([digits, scale]: [bigint, number]) => digits * 10n ** BigInt(12 - scale);
        const [left, right] = [exact(a), exact(b)];
        const expected = left < right ? -1 : left > right ? 1 : 0;
        expect(Math.sign(compareNumbers(write(a, zeros, plus), write(b, 0, false)))).toBe(expected);
        expect(compareNumbers(write(a, zeros, plus), write(a, 0, false)) === 0).toBe(true);
      }),
    );
  });

  test.each([
    ['-0', '0'],
    ['0.0', '-.0'],
    ['5.', '+5'],
    ['.5', '0.50'],
  ])('%s and %s are equal', (left, right) => {
    expect(compareNumbers(left, right) === 0).toBe(true);
    expect(compareNumbers(right, left) === 0).toBe(true);
  });
});
