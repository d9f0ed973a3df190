import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillIn } from '../../src/warehouse/statements.js';
import { query } from '../setup/warehouse.js';

test('identifiers and literals are quoted, lists too', () => {
  const text = fillIn('copy {{table}} ({{columns}}) delimiter {{=delimiter}} {{!rest}}', {
    table: { schema: 'public', name: 'a"b' },
    columns: ['x', 'Y z'],
    delimiter: "'",
    rest: 'freeze',
  });
  expect(text).toBe(`copy "public"."a""b" ("x", "Y z") delimiter '''' freeze`);
});

test('a word that is missing is a programmer’s mistake', () => {
  expect(() => fillIn('select {{x}}', {})).toThrow('{{x}}');
});

test('whatever a name or a text holds, PostgreSQL reads it as that', async () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 15 })
    .filter((each) => !each.includes('\0') && Buffer.byteLength(each) < 60);
  await fc.assert(
    fc.asyncProperty(text, text, async (name, value) => {
      const sql = fillIn('select {{=value}} as {{name}}', { name, value });
      expect(await query(process.env.TEST_SERVER_URL!, sql)).toEqual([{ [name]: value }]);
    }),
    { numRuns: 60 },
  );
});
