import { readdirSync, readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { TallyError } from '../errors.js';
import { PACKAGE } from '../package.js';
import type { Client } from './connect.js';
import { statement } from './statements.js';

const FOLDER = `${PACKAGE}migrations/`;

export function migrationNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort();
}

/** The migrations that the database has not seen; knex itself is loaded only when there are some. */
export async function pendingMigrations(client: Client): Promise<string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(statement('warehouse/has_migrations'));
  const names = migrationNames();
  if (!found[0]!.there) return names;
  const { rows } = await client.query<{ name: string }>(statement('warehouse/list_migrations'));
  const done = new Set(rows.map((row) => row.name));
  const unknown = [...done].filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new TallyError(
      'database_unsuitable',
      `The database was migrated by a newer Tallyhouse (${unknown.join(', ')}).`,
      {
        hint: 'Use that version or a later one with this database.',
      },
    );
  }
  return names.filter((name) => !done.has(name));
}

/** Brings the database up to date. The caller holds a lock, so a lock that knex left behind is stale. */
export async function migrate(url: string): Promise<void> {
  const { default: createKnex } = await import('knex');
  const asOwner = statement('warehouse/take_owner_role', { is_local: 'false' });
  const knex = createKnex({
    client: 'pg',
    connection: url,
    pool: {
      min: 0,
      max: 2,
      afterCreate: (connection: Client, done: (error: Error | null) => void) =>
        void connection.query(asOwner, (error: Error | null) => done(error)),
    },
  });
  const settings: Knex.MigratorConfig = {
    schemaName: 'tally',
    tableName: 'migrations',
    migrationSource: {
      getMigrations: async () => migrationNames(),
      getMigrationName: (name: string) => name,
      getMigration: async (name: string) => ({
        // knex takes every ? for a parameter, in comments and texts too.
        up: (trx: Knex) => trx.raw(readFileSync(`${FOLDER}${name}`, 'utf8').replaceAll('?', '\\?')),
        down: () => Promise.reject(new Error('migrations only go up')),
      }),
    },
  };
  try {
    await knex.raw(statement('warehouse/create_ledger_schema'));
    if (await knex.schema.withSchema('tally').hasTable('migrations_lock')) {
      await knex.migrate.forceFreeMigrationsLock(settings);
    }
    await knex.migrate.latest(settings);
  } finally {
    await knex.destroy();
  }
}
