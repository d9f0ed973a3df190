import { mkdtemp, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/**
 * One PostgreSQL for all tests: the embedded one in a temporary folder, or that of TEST_DATABASE_URL. In it a
 * template with everything that ships; a test clones it, which takes less than 0.1 s.
 */
export default async function start() {
  const { startEmbedded } = await import('../../dist/warehouse/embedded/embedded.js');
  let server = process.env.TEST_DATABASE_URL;
  if (!server) {
    const workspace = await mkdtemp(join(tmpdir(), 'tally-test-server-'));
    await chmod(workspace, 0o755);
    globalThis.testServerWorkspace = workspace;
    server = await startEmbedded(workspace);
  }
  const template = `tally_template_${process.pid}`;
  globalThis.testTemplate = { server, template };
  const client = new pg.Client(server);
  await client.connect();
  const { rows } = await client.query('show server_version');
  await client.query(`create database ${template} encoding 'UTF8' template template0`);
  await client.end();
  await prepareTemplate(withDatabase(server, template));
  process.env.TEST_SERVER_URL = server;
  process.env.TEST_TEMPLATE = template;
  process.stdout.write(`\nTests run on PostgreSQL ${rows[0].server_version}.\n`);
}

async function prepareTemplate(url) {
  const { inSession } = await import('../../dist/run/session.js');
  const { readConfig } = await import('../../dist/config.js');
  const { systemClock } = await import('../../dist/clock.js');
  const workspace = fileURLToPath(new URL('../..', import.meta.url));
  const config = { ...readConfig(workspace, {}), databaseUrl: url, logLevel: 'off' };
  await inSession({ config, clock: systemClock, command: 'migrate' }, async () => ({
    result: undefined,
    outcome: 'done',
  }));
  const client = new pg.Client(url);
  await client.connect();
  await client.query('truncate tally.runs, tally.agencies restart identity cascade');
  await client.end();
}

function withDatabase(url, name) {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}
