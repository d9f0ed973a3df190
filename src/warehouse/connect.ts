import pg from 'pg';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { databaseFailure, isLost, sqlState } from './failure.js';
import { quoteName, statement } from './statements.js';

export type Client = pg.Client;

/** The database that this workspace's data lives in, found and fit for use. */
export interface Warehouse {
  kind: 'embedded' | 'given';
  url: string;
  serverVersion: string;
  connect(purpose: string): Promise<Client>;
  /** Lets go of it; the last one out stops the embedded server. */
  close(): Promise<void>;
}

export const DATABASE = 'CustomerRatingData';
const OLDEST = 150000;

/** A warehouse, and the connection over which it was found fit: a second one would cost 10 ms. */
export interface Opened {
  warehouse: Warehouse;
  client: Client;
}

/** The embedded database of the workspace, or the one that DATABASE_URL names; created where it is not there. */
export async function openWarehouse(config: Pick<Config, 'workspace' | 'databaseUrl'>): Promise<Opened> {
  if (config.databaseUrl !== undefined) {
    const url = withDatabase(config.databaseUrl);
    return openDatabase({ kind: 'given', url, close: async () => {} });
  }
  const { useEmbedded } = await import('./embedded/embedded.js');
  const embedded = await useEmbedded(config.workspace);
  try {
    const url = withDatabase(embedded.url, true);
    return await openDatabase({ kind: 'embedded', url, close: async () => void (await embedded.release()) });
  } catch (error) {
    await embedded.release();
    throw error;
  }
}

/** The URL with our database in it, unless it names another. */
export function withDatabase(url: string, always = false): string {
  const parsed = new URL(url);
  if (always || parsed.pathname === '' || parsed.pathname === '/') parsed.pathname = `/${DATABASE}`;
  return parsed.href;
}

async function openDatabase(found: Pick<Warehouse, 'kind' | 'url' | 'close'>): Promise<Opened> {
  const { url } = found;
  const connect = (purpose: string) => connectTo(url, purpose);
  let client: Client;
  try {
    client = await connectOnce(url, 'tally');
  } catch (error) {
    if (sqlState(error) !== '3D000') throw databaseFailure(error, url);
    await createDatabase(url);
    client = await connect('tally');
  }
  try {
    return { warehouse: { ...found, serverVersion: await checkServer(client), connect }, client };
  } catch (error) {
    await client.end().catch(() => {});
    throw databaseFailure(error, url);
  }
}

export async function connectTo(url: string, purpose: string): Promise<Client> {
  try {
    return await connectOnce(url, purpose);
  } catch (error) {
    throw databaseFailure(error, url);
  }
}

async function connectOnce(url: string, purpose: string): Promise<Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: purpose,
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
  });
  // A connection that is lost between two queries is met by the next query; here it must only not be unheard.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(statement('warehouse/set_session'));
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** PostgreSQL 15 or newer, and UTF-8. */
export async function checkServer(client: Client): Promise<string> {
  const { rows } = await client.query<{ number: string; version: string; encoding: string }>(
    statement('warehouse/describe_server'),
  );
  const { number, version, encoding } = rows[0]!;
  if (Number(number) < OLDEST) {
    throw new TallyError('database_too_old', `The database is PostgreSQL ${version}; expected 15 or newer.`, {
      hint: 'Name a newer one in DATABASE_URL, or leave it out to use the embedded PostgreSQL.',
    });
  }
  if (encoding !== 'UTF8') {
    throw new TallyError('database_unsuitable', `The database has the encoding ${encoding}; expected UTF8.`, {
      hint: 'Create it with: create database "CustomerRatingData" encoding \'UTF8\' template template0',
    });
  }
  return version.split(' ')[0]!;
}

async function createDatabase(url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = await connectTo(maintenance.href, 'tally');
  try {
    await client.query(statement('warehouse/create_database', { name }));
  } catch (error) {
    // Another command may have been faster.
    if (sqlState(error) === '42P04' || sqlState(error) === '23505') return;
    if (isLost(error)) throw databaseFailure(error, maintenance.href);
    throw new TallyError(
      'database_unsuitable',
      `There is no database ${name}, and it could not be created: ${(error as Error).message}.`,
      {
        hint: `Let an owner run: create database ${quoteName(name)} encoding 'UTF8' template template0`,
        cause: error,
      },
    );
  } finally {
    await client.end().catch(() => {});
  }
}
