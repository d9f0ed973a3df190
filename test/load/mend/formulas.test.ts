import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { guarded, unguarded } from '../../../src/load/mend/formulas.js';

test('a formula is kept from being one, a number and a text are left alone', () => {
  for (const formula of ['=1+1', '+41 79', '-x', '@sum', '\tx', '\rx', '＝1', "'=1"])
    expect(guarded(formula)).toBe(`'${formula}`);
  for (const plain of ['-5', '+5', '-5.25', '-5,25', 'a=b', '', "'s-Gravenhage", "'5"])
    expect(guarded(plain)).toBe(plain);
});

test('what was guarded comes back as it was, whatever it was', () => {
  const text = fc.string({ unit: fc.constantFrom("'", '=', '-', '+', '@', '5', '.', 'a', '\t', ' ') });
  fc.assert(fc.property(text, (value) => unguarded(guarded(value)) === value));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => unguarded(guarded(value)) === value));
  fc.assert(
    fc.property(text, (value) => !/^[=+\-@\t\r]/.test(guarded(value)) || /^[+-]\d/.test(guarded(value))),
  );
});
