import { describe, expect, test } from '@jest/globals';
import { brokenRules, columnCheck, judge } from './judging.js';

const expectedOf = (type: string, rest: object = {}) => columnCheck(type, rest).expected;
const ruleExpected = (type: string, rest: object) =>
  columnCheck(type, rest).rules.map((rule) => rule.expected);

describe('types', () => {
  test.each([
    ['integer', {}, 'an integer'],
    ['bigint', {}, 'a big integer'],
    ['numeric', {}, 'a decimal number'],
    ['numeric(5,2)', {}, 'a decimal number that fits numeric(5,2)'],
    ['numeric(5)', {}, 'a decimal number that fits numeric(5,0)'],
    ['date', {}, 'a date (YYYY-MM-DD)'],
    ['date', { formats: ['DD/MM/YYYY', 'iso'] }, 'a date (DD/MM/YYYY or YYYY-MM-DD)'],
    ['timestamp', {}, 'a timestamp (YYYY-MM-DD HH:MM:SS with an optional zone)'],
    ['timestamp', { formats: ['epoch'] }, 'a timestamp (epoch seconds)'],
    ['boolean', {}, 'a boolean (true, false, t, f, yes, no, y, n, on, off, 1, 0)'],
    ['varchar(25)', {}, '25 characters at most'],
    ['text', {}, 'a text'],
    ['uuid', {}, 'a UUID'],
    ['email', {}, 'an email address'],
    ['json', {}, 'JSON with each name once'],
  ])('%s %j expects %s', (type, rest, expected) => {
    expect(expectedOf(type, rest)).toBe(expected);
  });

  test('blanks count in texts, and not in numbers and times', () => {
    for (const type of ['integer', 'bigint', 'numeric', 'date', 'timestamp']) {
      expect(judge(columnCheck(type).type, ' ')).toBe('missing');
    }
    for (const type of ['text', 'varchar(5)']) expect(judge(columnCheck(type).type, ' ')).toBe('as it is');
    for (const type of ['boolean', 'uuid', 'email', 'json'])
      expect(judge(columnCheck(type).type, ' ')).toBe('invalid');
  });
});

describe('min and max', () => {
  test.each([
    ['integer', { min: 1, max: 10 }, ['1', ' 10 ', '+5'], ['0', '-1', '11']],
    ['bigint', { min: '9223372036854775806' }, ['9223372036854775807'], ['9223372036854775805']],
    ['numeric', { min: '0.1', max: 0.3 }, ['.1', '0.30', '0.2999'], ['0.0999', '0.3000001', '-5']],
    [
      'date',
      { min: '2021-03-01', max: '2021-03-31' },
      ['2021-03-01', '2021-03-31 '],
      ['2021-02-28', '2021-04-01'],
    ],
    ['date', { formats: ['DD/MM/YYYY'], min: '2021-03-01' }, ['01/03/2021', '01/01/2022'], ['28/02/2021']],
    ['date', { formats: ['DD/MM/YYYY'], max: '31/03/2021' }, ['31/03/2021'], ['01/04/2021']],
    [
      'timestamp',
      { min: '2021-03-01', max: '2021-03-02 12:00:00Z' },
      ['2021-03-01', '2021-03-01 01:00+01', '2021-03-02T12:00:00.000000', '2021-03-02 13:00+01:00'],
      [
        '2021-02-28 23:59:59.999999',
        '2021-03-01 00:59+01',
        '2021-03-02 12:00:00.000001',
        '2021-03-02 07:00-05:01',
      ],
    ],
    [
      'timestamp',
      { formats: ['epoch', 'iso'], min: 1614556800 },
      ['1614556800', '2021-03-01'],
      ['1614556799', '2021-02-28'],
    ],
    ['timestamp', { min: '0001-01-01' }, ['0001-01-01', '9999-12-31 23:59-15:59'], ['0001-01-01 00:00+01']],
    ['text', { min: 'b', max: 'd' }, ['b', 'cz', 'd'], ['a', 'da', '']],
  ] as [string, object, string[], string[]][])('%s %j', (type, rest, inside, outside) => {
    const check = columnCheck(type, rest);
    expect(inside.filter((value) => brokenRules(check, value).length > 0)).toEqual([]);
    expect(outside.filter((value) => brokenRules(check, value).length === 0)).toEqual([]);
  });

  test('say the bound', () => {
    expect(ruleExpected('integer', { min: 1, max: 10 })).toEqual(['at least 1', 'at most 10']);
  });
});

describe('length', () => {
  test.each([
    [3, '3 characters', ['abc', '€€€'], ['ab', 'abcd']],
    [{ min: 2 }, '2 characters at least', ['ab', 'abc'], ['a']],
    [{ max: 2 }, '2 characters at most', ['', '😀😀'], ['abc']],
    [{ min: 1, max: 2 }, '1 to 2 characters', ['a', 'ab'], ['', 'abc']],
  ])('%j', (length, expected, inside, outside) => {
    const check = columnCheck('text', { length });
    expect(check.rules.map((rule) => rule.expected)).toEqual([expected]);
    expect(inside.flatMap((value) => brokenRules(check, value))).toEqual([]);
    expect(outside.flatMap((value) => brokenRules(check, value))).toEqual(outside.map(() => 'length'));
  });

  test('of a number does not count blanks around it, of a text it does', () => {
    expect(brokenRules(columnCheck('integer', { length: 3 }), ' 123\t')).toEqual([]);
    expect(brokenRules(columnCheck('text', { length: 3 }), ' 123')).toEqual(['length']);
  });

  test('counts characters of the encoding', () => {
    expect(
      brokenRules(columnCheck('text', { length: 2 }, 'latin1'), 'é€'.replace('€', 'è'), 'latin1'),
    ).toEqual([]);
  });
});

describe('pattern', () => {
  test('must match the whole value', () => {
    const check = columnCheck('text', { pattern: '[A-Z]+|\\d' });
    expect(brokenRules(check, 'ABC')).toEqual([]);
    expect(brokenRules(check, '7')).toEqual([]);
    for (const value of ['ABC7', 'abc', 'A\n', '77', ''])
      expect(brokenRules(check, value)).toEqual(['pattern']);
    expect(check.rules[0]!.expected).toBe('a value that matches [A-Z]+|\\d');
  });

  test('sees characters, not bytes, and numbers without blanks', () => {
    expect(brokenRules(columnCheck('text', { pattern: '.' }), '😀')).toEqual([]);
    expect(brokenRules(columnCheck('text', { pattern: '€' }, 'windows-1252'), '€', 'windows-1252')).toEqual(
      [],
    );
    expect(brokenRules(columnCheck('integer', { pattern: '\\d{3}' }), ' 123 ')).toEqual([]);
  });
});

describe('one_of', () => {
  test('texts are compared as they are, numbers as numbers', () => {
    const texts = columnCheck('text', { one_of: ['new', 'old', 5] });
    expect(texts.rules[0]!.expected).toBe('one of new, old, 5');
    for (const value of ['new', 'old', '5']) expect(brokenRules(texts, value)).toEqual([]);
    for (const value of ['New', ' new', '5.0', '']) expect(brokenRules(texts, value)).toEqual(['one_of']);
    const numbers = columnCheck('numeric', { one_of: [1, '2.50'] });
    for (const value of ['1', '1.0', ' +1', '2.5', '02.500']) expect(brokenRules(numbers, value)).toEqual([]);
    for (const value of ['-1', '2.51']) expect(brokenRules(numbers, value)).toEqual(['one_of']);
  });
});

test('a rule warns if the feed says so', () => {
  const { rules } = columnCheck('integer', { min: 0, max: 9, warn: ['max'] });
  expect(rules.map((rule) => [rule.name, rule.warns])).toEqual([
    ['min', false],
    ['max', true],
  ]);
});

describe('defaults', () => {
  test('are written in the encoding of the file', () => {
    expect(columnCheck('text', { default: '€é' }, 'windows-1252').fallback).toEqual(
      Buffer.from([0x80, 0xe9]),
    );
    expect(columnCheck('text', { default: '€' }).fallback).toEqual(Buffer.from('€'));
    expect(columnCheck('integer', { default: 0 }).fallback).toEqual(Buffer.from('0'));
    expect(columnCheck('boolean', { default: false }).fallback).toEqual(Buffer.from('false'));
  });

  test('that the encoding lacks are refused', () => {
    expect(() => columnCheck('text', { default: '€' }, 'latin1')).toThrow(
      'The default of value is `€`; expected characters that latin1 has.',
    );
  });
});
