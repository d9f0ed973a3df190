import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shown, shownBytes, summaryOf } from '../../../src/load/check/reasons.js';

describe('a value that is shown', () => {
  test('is cut when it is long', () => {
    expect(shown('x'.repeat(200))).toBe('x'.repeat(200));
    expect(shown('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
  });

  test('can stand in jsonb, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\0', '\ud800', '😀'), maxLength: 300 }), (text) => {
        expect(shown(text).isWellFormed()).toBe(true);
        expect(shown(text)).not.toContain('\0');
      }),
    );
    expect(shown('a\0b')).toBe('a\\x00b');
  });
});

describe('bytes that are shown', () => {
  test.each([
    ['utf-8', [0x5a, 0xfc, 0x72], 'Z\\xfcr'],
    ['utf-8', [0xc3, 0xbc, 0xc3], 'ü\\xc3'],
    ['utf-8', [0xf0, 0x9f, 0x98, 0x80, 0xf0, 0x9f], '😀\\xf0\\x9f'],
    ['utf-8', [0xef, 0xbf, 0xbd, 0xff], '\ufffd\\xff'],
    ['utf-8', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['utf-8', [0x61, 0x00, 0x62], 'a\\x00b'],
    ['latin1', [0x5a, 0xfc, 0x00], 'Zü\\x00'],
    ['windows-1252', [0x80, 0x81, 0xfc], '€\\x81ü'],
  ] as const)('in %s: %j', (encoding, bytes, text) => {
    expect(shownBytes(Buffer.from(bytes), encoding)).toBe(text);
  });

  test('a long value is not looked through', () => {
    expect(shownBytes(Buffer.alloc(1_000_000, 0xff), 'utf-8').length).toBe(201);
  });
});

test('the summary has all reasons in one line', () => {
  const reason = (column: string | null, message: string) => ({ column, value: null, rule: 'type', message });
  expect(summaryOf([reason(null, 'expected 4 fields, got 3')])).toBe('expected 4 fields, got 3');
  expect(
    summaryOf([reason('id', 'expected an integer, got `x`'), reason('name', 'expected a value, got none')]),
  ).toBe('id: expected an integer, got `x`; name: expected a value, got none');
});
