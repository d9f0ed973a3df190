import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  booleanCheck,
  countCharacters,
  decode,
  emailCheck,
  encode,
  jsonCheck,
  uuidCheck,
  varcharCheck,
} from '../../../src/load/check/texts.js';
import type { Encoding } from '../../../src/load/read/blocks.js';
import { judge } from './judging.js';

describe('encodings', () => {
  test('Windows-1252 has other characters than Latin-1 between 0x80 and 0x9f', () => {
    const bytes = Buffer.from([0x80, 0x92, 0x99, 0x9f, 0xe9]);
    expect(decode(bytes, 0, 5, 'windows-1252')).toBe('€’™Ÿé');
    expect(decode(bytes, 0, 5, 'latin1')).toBe('\x80\x92\x99\x9fé');
    expect(encode('€’™Ÿé', 'windows-1252')).toEqual(bytes);
  });

  test.each<[string, Encoding]>([
    ['€', 'latin1'],
    ['\x80', 'windows-1252'],
    ['日本', 'windows-1252'],
    ['😀', 'latin1'],
  ])('%j is not in %s', (text, encoding) => {
    expect(encode(text, encoding)).toBeUndefined();
  });

  test('every byte comes back from its character', () => {
    for (const encoding of ['latin1', 'windows-1252'] as const) {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      expect(encode(decode(bytes, 0, 256, encoding), encoding)).toEqual(bytes);
    }
  });

  test('characters are counted as code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = Buffer.from(`x${text}x`);
        expect(countCharacters(bytes, 1, bytes.length - 1, 'utf-8')).toBe(Array.from(text).length);
      }),
    );
    expect(countCharacters(Buffer.from('é€😀', 'utf8'), 0, 9, 'latin1')).toBe(9);
  });
});

test('varchar(n) takes n characters, whatever their bytes', () => {
  expect(judge(varcharCheck(3, 'utf-8'), '€€€')).toBe('as it is');
  expect(judge(varcharCheck(3, 'utf-8'), '😀😀😀')).toBe('as it is');
  expect(judge(varcharCheck(3, 'utf-8'), 'abcd')).toBe('invalid');
  // PostgreSQL would cut blanks off in silence.
  expect(judge(varcharCheck(3, 'utf-8'), 'abc ')).toBe('invalid');
  expect(judge(varcharCheck(3, 'latin1'), 'ééé', 'latin1')).toBe('as it is');
  expect(judge(varcharCheck(3, 'latin1'), 'éééé', 'latin1')).toBe('invalid');
});

test.each(['t', 'TRUE', 'y', 'Yes', 'on', '1', 'f', 'False', 'N', 'no', 'OFF', '0'])(
  '%s is a boolean',
  (value) => {
    expect(judge(booleanCheck, value)).toBe('as it is');
  },
);

test.each(['tr', 'tru', 'ja', '2', 'of', 'o', 'true ', ' true', 'ＴＲＵＥ', '01', 'null', 'x'])(
  '%j is no boolean',
  (value) => {
    expect(judge(booleanCheck, value)).toBe('invalid');
  },
);

test('an email address is what one pattern says, whatever its bytes', () => {
  const pattern = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+\.[^\s@"(),:;<>[\\\].]+$/u;
  const part = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'b.c', '.', 'ä', '日', '-', '\x1c') },
    { weight: 1, arbitrary: fc.constantFrom('@', '\u00a0', ' ', '"', '\\', '\t', '') },
  );
  const parts = fc.array(part, { maxLength: 3 });
  let addresses = 0;
  fc.assert(
    fc.property(parts, fc.constantFrom('@', '@', '@', '.', ''), parts, (local, at, domain) => {
      const text = [...local, at, ...domain].join('') || 'x';
      const expected = pattern.test(text);
      if (expected) addresses++;
      expect(judge(emailCheck('utf-8'), text)).toBe(expected ? 'as it is' : 'invalid');
    }),
    { numRuns: 3000 },
  );
  expect(addresses).toBeGreaterThan(50);
});

test.each([
  ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'as it is'],
  ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'as it is'],
  ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', 'invalid'],
  ['a0eebc999c0b4ef8bb6d6bb9bd380a11', 'invalid'],
  ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1', 'invalid'],
  ['g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'invalid'],
  [' a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'invalid'],
])('%s as a UUID: %s', (value, word) => {
  expect(judge(uuidCheck, value)).toBe(word);
});

test.each(['a@b.ch', 'first.last+tag@sub.example.com', "o'hara@example.ie", 'ü@müller.de', 'x@y.z-9'])(
  '%s is an email address',
  (value) => {
    expect(judge(emailCheck('utf-8'), value)).toBe('as it is');
  },
);

test.each([
  'a',
  'a@b',
  '@b.ch',
  'a@',
  'a@b.',
  'a b@c.ch',
  'a@b@c.ch',
  'a@b c.ch',
  'a,b@c.ch',
  '<a@b.ch>',
  'a@b.ch ',
  `${'a'.repeat(320)}@b.ch`,
])('%j is no email address', (value) => {
  expect(judge(emailCheck('utf-8'), value)).toBe('invalid');
});

test('an address is read in the encoding', () => {
  expect(judge(emailCheck('latin1'), 'é@b.ch', 'latin1')).toBe('as it is');
});

describe('JSON', () => {
  test.each([
    ...[
      '{}',
      '[]',
      '"text"',
      '1',
      '-0.5e-10',
      'true',
      'null',
      ' {"a": [1, {"b": null}]} ',
      '"\\ud83d\\ude00"',
      '"😀"',
    ],
    ...[
      '{"code": "ABCDE12345", "note": "1e99999"}',
      '{"a": 1, "b": {"a": 2}}',
      '1e999',
      '"\\\\u0000"',
      '"a\\"b:{["',
    ],
    ...['[{"a": 1}, {"a": 2}]', '{"a:b": ":"}', '1.10'],
  ])('%s is some', (value) => {
    expect(judge(jsonCheck('utf-8'), value)).toBe('as it is');
  });

  test.each([
    ['no JSON', '{a: 1}'],
    ['no JSON', "{'a': 1}"],
    ['no JSON', '[1,]'],
    ['no JSON', 'NaN'],
    ['no JSON', '01'],
    ['two values', '1 2'],
    ['NUL', '"\\u0000"'],
    ['NUL in a name', '{"\\u0000": 1}'],
    ['half of a surrogate pair', '"\\ud800"'],
    ['half of a surrogate pair, lost to a later value', '{"a": "\\ud800", "a": 1}'],
    ['a name twice', '{"a": 1, "a": 2}'],
    ['a name twice, written in two ways', '{"a": 1, "\\u0061": 2}'],
    ['a name twice, deep inside', '[{"x": {"a": 1, "a": 1}}]'],
    ['a number without end', '1e99999'],
    ['a number without end', '-1E+0099999'],
    ['a number that is nearly nothing', '1e-99999'],
    ['a number of too many digits', '1'.repeat(2000)],
  ])('%s: %s', (_, value) => {
    expect(judge(jsonCheck('utf-8'), value)).toBe('invalid');
  });

  test('may be nested 500 levels deep', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);
    expect(judge(jsonCheck('utf-8'), nested(500))).toBe('as it is');
    expect(judge(jsonCheck('utf-8'), nested(502))).toBe('invalid');
    expect(judge(jsonCheck('utf-8'), '['.repeat(200_000) + ']'.repeat(200_000))).toBe('invalid');
  });

  test('whatever JSON.stringify writes is some', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.nat(3), (value, space) => {
        const text = JSON.stringify(value, null, space);
        fc.pre(!text.includes('\\u0000'));
        expect(judge(jsonCheck('utf-8'), text)).toBe('as it is');
      }),
    );
  });
});
