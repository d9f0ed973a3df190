import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { readConfig } from '../../src/config.js';
import { openLog } from '../../src/log.js';
import { openWarehouse } from '../../src/warehouse/connect.js';
import { statement } from '../../src/warehouse/statements.js';
import type { Database } from './loading.js';

/** A database of its own, cloned from the tests' template, with what a load needs. */
export async function openDatabase(): Promise<Database & { close(): Promise<void> }> {
  const workspace = mkdtempSync(join(tmpdir(), 'tally-fuzz-'));
  mkdirSync(join(workspace, '.tally'));
  const name = `${process.env.TEST_TEMPLATE!}_fuzz_${process.pid}`;
  await onServer(`create database ${name} template ${process.env.TEST_TEMPLATE!}`);
  const url = new URL(process.env.TEST_SERVER_URL!);
  url.pathname = `/${name}`;
  const config = { ...readConfig(workspace, { DATABASE_URL: url.href }), logLevel: 'off' as const };
  const { warehouse, client } = await openWarehouse(config);
  const clock = { now: () => new Date('2026-11-20T12:00:00Z') };
  const values = ['fuzz', 'localhost', process.pid, '0', clock.now()];
  const { rows } = await client.query<{ run_id: string }>(statement('ledger/start_run'), values);
  const context = {
    config,
    warehouse,
    clock,
    log: openLog(config),
    runId: rows[0]!.run_id,
    audits: [],
    histories: [],
    signal: new AbortController().signal,
    later: () => {},
    lineage: { loadBegins: () => {}, loadEnded: () => {} },
    progress: () => {},
  };
  return {
    context,
    client,
    async close() {
      await client.end();
      await warehouse.close();
      await onServer(`drop database ${name} with (force)`);
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client(process.env.TEST_SERVER_URL);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
