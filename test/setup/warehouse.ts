import { afterAll } from '@jest/globals';
import pg from 'pg';

let clones = 0;
const made: string[] = [];

/** A database of this test file's own, cloned from the template; it is dropped when the file is done. */
export async function cloneWarehouse(): Promise<string> {
  const name = `${process.env.TEST_TEMPLATE}_${process.env.JEST_WORKER_ID}_${process.pid}_${++clones}`;
  await onServer(`create database ${name} template ${process.env.TEST_TEMPLATE}`);
  made.push(name);
  return urlOf(name);
}

/** The URL of a database on the test server that need not exist. */
export function urlOf(name: string): string {
  const url = new URL(process.env.TEST_SERVER_URL!);
  url.pathname = `/${name}`;
  return url.href;
}

/** A database that this test file makes in another way; it is dropped with the others. */
export function dropAfterwards(name: string): void {
  made.push(name);
}

export async function onServer(sql: string): Promise<void> {
  await query(process.env.TEST_SERVER_URL!, sql);
}

export async function query<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

// With a checkpoint for each, which takes its time on a busy disk; what stayed would be in the way of the next file.
afterAll(async () => {
  for (const name of made.splice(0)) await onServer(`drop database if exists "${name}" with (force)`);
}, 10 * 60_000);

/** No load gets to its end before this is released, however fast it is. */
export async function holdUp(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('begin; lock table tally.versions in share mode');
  return () => client.end();
}
