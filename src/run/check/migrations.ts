import type { Client } from '../../warehouse/connect.js';
import { migrationNames, pendingMigrations } from '../../warehouse/migrate.js';
import { ok, trouble, type Finding } from './finding.js';

/** Only where all migrations are done is there something to hold against what they make. */
export async function checkMigrations(client: Client): Promise<{ findings: Finding[]; isDone: boolean }> {
  const all = migrationNames();
  const expected = `all ${all.length} migrations`;
  const pending = await pendingMigrations(client);
  if (pending.length === all.length)
    return {
      findings: [ok('migrations', expected, 'none yet: the database is empty, the next run migrates it')],
      isDone: false,
    };
  if (pending.length === 0)
    return { findings: [ok('migrations', expected, `up to date (${all.at(-1)})`)], isDone: true };
  const findings = [
    trouble('migrations', expected, `not done yet: ${pending.join(', ')}`, 'tally db migrate'),
  ];
  return { findings, isDone: false };
}
