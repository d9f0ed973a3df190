import type { Client } from '../../warehouse/connect.js';
import {
  expectedSchema,
  mendingOf,
  nameOf,
  readSchema,
  schemaDifferences,
  type SchemaDifference,
} from '../../warehouse/schema.js';
import { ok, psql, trouble, type Finding } from './finding.js';

/** The catalog against what the migrations make, object by object. */
export async function checkSchema(client: Client): Promise<Finding[]> {
  const expected = expectedSchema();
  const differences = schemaDifferences(expected, await readSchema(client));
  if (differences.length === 0)
    return [
      ok('schema', 'what the migrations make', `${expected.length} objects as the migrations make them`),
    ];
  return differences.map(told);
}

function told(difference: SchemaDifference): Finding {
  const { object, expected, actual } = difference;
  const name = nameOf(object);
  const isFunction = object.kind === 'function';
  const sql = mendingOf(difference);
  return trouble(
    'schema',
    expected === ''
      ? `no ${object.kind} ${name}`
      : `${object.kind} ${name}: ${isFunction ? 'the text of the migrations' : expected}`,
    actual === '' ? `there is no ${object.kind} ${name}` : isFunction ? 'another text' : actual,
    sql === undefined ? byHand(difference, name) : psql(sql),
  );
}

function byHand({ object, expected, actual }: SchemaDifference, name: string): string {
  if (expected === '') return `if nobody needs it, drop the ${object.kind} ${name}`;
  const what = actual === '' ? 'make it' : 'put it back';
  return `${what} with the statement of migrations/ that makes ${name}, or restore a backup`;
}
