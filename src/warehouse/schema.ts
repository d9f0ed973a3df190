import { readFileSync } from 'node:fs';
import type { Client } from './connect.js';
import { quoteName, statement } from './statements.js';

/** An object of the catalog: a table, or a column, constraint, index or trigger of one, or a function of the ledger. */
export interface SchemaObject {
  kind: 'table' | 'column' | 'constraint' | 'index' | 'trigger' | 'function';
  schema: string;
  /** The table that it belongs to; empty for a function. */
  relation: string;
  name: string;
  definition: string;
}

export interface SchemaDifference {
  object: SchemaObject;
  /** Empty where there should be nothing. */
  expected: string;
  /** Empty where there is nothing. */
  actual: string;
}

const EXPECTED = new URL('../../migrations/schema.txt', import.meta.url);

/** What the migrations make, as `npm run generate` found it on a database that had nothing else in it. */
export function expectedSchema(): SchemaObject[] {
  return readFileSync(EXPECTED, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => {
      const [kind, schema, relation, name, definition] = JSON.parse(line) as string[];
      return { kind: kind as SchemaObject['kind'], schema, relation, name, definition } as SchemaObject;
    });
}

/** The same as text, a line for each object. */
export function schemaText(objects: SchemaObject[]): string {
  return objects
    .map(({ kind, schema, relation, name, definition }) =>
      JSON.stringify([kind, schema, relation, name, definition]),
    )
    .sort()
    .join('\n');
}

export async function readSchema(client: Client): Promise<SchemaObject[]> {
  const { rows } = await client.query<SchemaObject>(statement('warehouse/list_schema'));
  return rows;
}

/**
 * Where the catalog is not what the migrations make. Tables beside the ledger that no migration made are others'
 * business, and so is an index that only makes something faster.
 */
export function schemaDifferences(expected: SchemaObject[], actual: SchemaObject[]): SchemaDifference[] {
  const there = new Map(actual.map((object) => [keyOf(object), object]));
  const wanted = new Map(expected.map((object) => [keyOf(object), object]));
  const tables = new Set(expected.filter(({ kind }) => kind === 'table').map(tableOf));
  const found = new Set(actual.filter(({ kind }) => kind === 'table').map(tableOf));
  const differing = expected
    // Of a table that is not there at all, the parts are not told one by one.
    .filter((object) => object.kind === 'table' || object.kind === 'function' || found.has(tableOf(object)))
    .filter((object) => there.get(keyOf(object))?.definition !== object.definition)
    .map((object) => ({
      object,
      expected: object.definition,
      actual: there.get(keyOf(object))?.definition ?? '',
    }));
  const extra = actual
    .filter((object) => !wanted.has(keyOf(object)))
    .filter((object) => object.schema === 'tally' || tables.has(tableOf(object)))
    .filter((object) => object.kind === 'table' || object.kind === 'function' || tables.has(tableOf(object)))
    .filter(({ kind, definition }) => kind !== 'index' || /^CREATE UNIQUE /.test(definition))
    .map((object) => ({ object, expected: '', actual: object.definition }));
  return [...differing, ...extra];
}

/** The name of an object as a person reads it. */
export function nameOf({ kind, schema, relation, name }: SchemaObject): string {
  if (kind === 'function') return `${schema}.${name}`;
  if (kind === 'table') return `${schema}.${relation}`;
  return kind === 'column' ? `${schema}.${relation}.${name}` : `${name} of ${schema}.${relation}`;
}

/** The statement that makes it what it should be; where there is none that would be sure to, undefined. */
export function mendingOf({ object, expected, actual }: SchemaDifference): string | undefined {
  const { kind, schema, name } = object;
  const table = { schema, name: object.relation };
  const own = quoteName(name);
  if (kind === 'column') {
    // Where it is there as something else, what is in it may be someone's work.
    if (actual !== '') return undefined;
    return statement('warehouse/mend_column', { table, column: name, definition: expected }).trim();
  }
  if (kind === 'constraint') {
    const drop = actual === '' ? '' : `drop constraint ${own}`;
    const add = expected === '' ? '' : `add constraint ${own} ${expected}`;
    const changes = [drop, add].filter(Boolean).join(', ');
    return statement('warehouse/mend_constraint', { table, changes }).trim();
  }
  if (kind === 'index') {
    const drop = actual === '' ? '' : `drop index ${quoteName({ schema, name })}`;
    return [drop, expected].filter(Boolean).join('; ');
  }
  return kind === 'trigger' && expected === '' ? `drop trigger ${own} on ${quoteName(table)}` : undefined;
}

function keyOf({ kind, schema, relation, name }: SchemaObject): string {
  return JSON.stringify([kind, schema, relation, name]);
}

function tableOf({ schema, relation }: SchemaObject): string {
  return `${schema}.${relation}`;
}
