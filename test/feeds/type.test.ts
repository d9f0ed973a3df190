import { expect, test } from '@jest/globals';
import { isNumber, parseType, postgresType, writeType } from '../../src/feeds/type.js';

test.each([
  ['integer', 'integer', 'integer'],
  ['bigint', 'bigint', 'bigint'],
  ['boolean', 'boolean', 'boolean'],
  ['text', 'text', 'text'],
  ['date', 'date', 'date'],
  ['timestamp', 'timestamp', 'timestamp with time zone'],
  ['uuid', 'uuid', 'uuid'],
  ['email', 'email', 'text'],
  ['json', 'json', 'jsonb'],
  [' varchar ( 25 ) ', 'varchar(25)', 'character varying(25)'],
  ['varchar(10485760)', 'varchar(10485760)', 'character varying(10485760)'],
  ['numeric', 'numeric', 'numeric'],
  ['numeric(12,2)', 'numeric(12,2)', 'numeric(12,2)'],
  ['numeric( 12 , 2 )', 'numeric(12,2)', 'numeric(12,2)'],
  ['numeric(12)', 'numeric(12,0)', 'numeric(12,0)'],
  ['numeric(1000,1000)', 'numeric(1000,1000)', 'numeric(1000,1000)'],
])('%j is %s, stored as %s', (text, written, stored) => {
  const type = parseType(text)!;
  expect([writeType(type), postgresType(type)]).toEqual([written, stored]);
});

test.each(['', 'int', 'Integer', 'integer(4)', 'text(5)', 'varchar', 'varchar()', 'varchar(0)', 'varchar(10485761)', 'varchar(5,2)', 'varchar(-1)', 'numeric(0)', 'numeric(1001)', 'numeric(2,3)', 'numeric(5,-1)', 'numeric(5,2', 'numeric 5,2', 'date time', 'jsonb'])(
  '%j is no type',
  (text) => {
    expect(parseType(text)).toBeUndefined();
  },
);

test('numbers are integer, bigint and numeric', () => {
  const kinds = ['integer', 'bigint', 'numeric', 'numeric(5,2)', 'boolean', 'text', 'date'];
  expect(kinds.filter((kind) => isNumber(parseType(kind)!))).toEqual(['integer', 'bigint', 'numeric', 'numeric(5,2)']);
});
