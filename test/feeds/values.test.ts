import { describe, expect, test } from '@jest/globals';
import { parseType } from '../../src/feeds/type.js';
import { boundFault, defaultFault } from '../../src/feeds/values.js';

describe('bounds', () => {
  test.each([
    ['integer', '1', []],
    ['numeric', '-0.5', []],
    ['bigint', '9223372036854775807', []],
    ['date', '2021-03-01', []],
    ['timestamp', '2021-03-01 12:00:00.5+01:00', []],
    ['timestamp', '1614556800', ['epoch']],
    ['date', '01/03/2021', ['DD/MM/YYYY']],
    ['text', 'anything', []],
  ])('a %s may be %s', (type, bound, formats) => {
    expect(boundFault(parseType(type)!, formats, bound)).toBeUndefined();
  });

  test.each([
    ['integer', 'abc', [], 'expected a number, written with digits'],
    ['numeric', '1e+30', [], 'expected a number, written with digits'],
    ['numeric', '.', [], 'expected a number, written with digits'],
    ['date', '2021-02-30', [], 'expected a day such as "2021-03-01"'],
    ['timestamp', '1614556800', ['iso'], 'expected a day such as "2021-03-01"'],
    ['date', 'yesterday', ['iso', 'DD/MM/YYYY'], 'expected a day such as "2021-03-01"'],
  ])('a %s may not be %s', (type, bound, formats, fault) => {
    expect(boundFault(parseType(type)!, formats, bound)).toBe(fault);
  });
});

describe('defaults', () => {
  test.each([
    ['integer', ['0', '-2147483648', '+2147483647'], ['1.5', 'x', '2147483648', '']],
    ['bigint', ['9223372036854775807'], ['9223372036854775808', '1e3']],
    ['numeric(5,2)', ['0', '-.5'], ['NaN', '1e3', '1,5']],
    ['date', ['2021-03-01'], ['01/03/2021', '2021-02-30', 'today']],
    ['timestamp', ['2021-03-01', '2021-03-01 00:03:21Z'], ['now', '1614556800']],
    ['boolean', ['true', 'FALSE', '0'], ['ja', '']],
    ['varchar(3)', ['abc', '😀😀😀'], ['abcd']],
    ['uuid', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], ['a0eebc99']],
    ['json', ['{}', '1'], ['{a}']],
    ['text', ['', 'anything'], []],
  ])('of a %s', (type, right, wrong) => {
    expect(right.filter((value) => defaultFault(parseType(type)!, value) !== undefined)).toEqual([]);
    expect(wrong.filter((value) => !/^expected /.test(defaultFault(parseType(type)!, value) ?? ''))).toEqual([]);
  });
});
