import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { summaryOf, type Reason } from '../../src/load/check/reasons.js';
import { frameOf, textOfReasons } from '../../src/load/reasonText.js';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('"', '\\', '\t', '\n', '\r', '`', 'a', 'é', '€', '\u0001') }),
);
const reasonOf: fc.Arbitrary<Reason> = fc.record(
  { column: fc.option(text), value: fc.option(text), rule: text, message: text, first_line: fc.nat() },
  { requiredKeys: ['column', 'value', 'rule', 'message'] },
);

/** As COPY reads its text format. */
function unescape(field: string): string {
  const letters: Record<string, string> = { t: '\t', n: '\n', r: '\r' };
  return field.replace(/\\(.)/gs, (_, letter: string) => letters[letter] ?? letter);
}

describe('the text of reasons', () => {
  test('is a JSON array and a line, whatever stands in them', () => {
    fc.assert(
      fc.property(fc.array(reasonOf, { minLength: 1, maxLength: 4 }), (reasons) => {
        const fields = textOfReasons(reasons, reasons.map(frameOf)).split('\t');
        expect(fields).toHaveLength(2);
        expect(JSON.parse(unescape(fields[0]!))).toEqual(reasons);
        expect(unescape(fields[1]!)).toBe(summaryOf(reasons));
      }),
    );
  });

  test('looks the same whether or not something must be escaped', () => {
    const plain = { column: 'a', value: 'x', rule: 'type', message: 'expected an integer, got `x`' };
    const quoted = { ...plain, value: '"', message: 'expected an integer, got `"`' };
    expect(textOfReasons([plain], [frameOf(plain)])).toBe(
      '[{"column":"a","value":"x","rule":"type","message":"expected an integer, got `x`"}]\ta: expected an integer, got `x`',
    );
    expect(textOfReasons([quoted], [frameOf(quoted)])).toBe(
      '[{"column":"a","value":"\\\\"","rule":"type","message":"expected an integer, got `\\\\"`"}]\ta: expected an integer, got `"`',
    );
  });
});
