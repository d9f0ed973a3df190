import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { undouble } from '../../../src/load/read/row.js';

test('of doubled quotes one is left', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '"', 'é') }), fc.string(), (value, around) => {
      const start = Buffer.byteLength(around);
      const doubled = Buffer.from(around + value.replaceAll('"', '""') + around);
      expect(undouble(doubled, start, doubled.length - start, 34).toString()).toBe(value);
    }),
  );
});
