import { rm } from 'node:fs/promises';
import pg from 'pg';

export default async function stop() {
  if (globalThis.testServerWorkspace) {
    const { stopEmbedded } = await import('../../dist/warehouse/embedded/embedded.js');
    await stopEmbedded(globalThis.testServerWorkspace);
    await rm(globalThis.testServerWorkspace, { recursive: true, force: true });
    return;
  }
  // A server that is not ours is left as it was found.
  const { server, template } = globalThis.testTemplate ?? {};
  if (!server) return;
  const client = new pg.Client(server);
  await client.connect();
  const { rows } = await client.query(
    'select datname from pg_database where datname = $1 or datname like $2',
    [template, `${template}\\_%`],
  );
  for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
  await client.end();
}
