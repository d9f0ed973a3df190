// Writes what is generated from the code: the CLI reference, the JSON Schemas, the schema dump.
//   npm run generate
// test/docs.test.ts fails when one of them is not what it would be now.
import { writeFileSync } from 'node:fs';
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cliReference } from './cli-reference.js';
import { jsonSchemas } from './json-schemas.js';
import { schemaDump } from './schema-dump.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const files = { 'docs/cli.md': cliReference(), ...jsonSchemas(), 'docs/schema.sql': await dump() };
for (const [path, text] of Object.entries(files)) {
  writeFileSync(join(ROOT, path), text);
  console.log(`written: ${path}`);
}

/** On an embedded database of its own, so that nothing else is in it. */
async function dump() {
  const { inSession } = await import('../dist/run/session.js');
  const { readConfig } = await import('../dist/config.js');
  const { systemClock } = await import('../dist/clock.js');
  const { useEmbedded } = await import('../dist/warehouse/embedded/embedded.js');
  const folder = mkdtempSync(join(tmpdir(), 'tally-schema-'));
  chmodSync(folder, 0o755);
  const embedded = await useEmbedded(folder);
  try {
    const url = embedded.url.replace(/postgres$/, 'CustomerRatingData');
    const config = { ...readConfig(ROOT, {}), databaseUrl: url, logLevel: 'off' };
    return await inSession({ config, clock: systemClock, command: 'migrate' }, async ({ client }) => ({
      result: await schemaDump(client),
      outcome: 'done',
    }));
  } finally {
    await embedded.release();
    rmSync(folder, { recursive: true, force: true });
  }
}
