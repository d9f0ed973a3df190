import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import { ok, trouble, type Finding } from './finding.js';

const EXPECTED = 'the reports of every day that was loaded';

/** Reports that a run owed and could not write: a full disk, a folder that is closed. */
export async function checkReports(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ days: string | null }>(statement('check/list_reports_due'));
  const days = rows[0]!.days;
  if (days === null) return [ok('reports', EXPECTED, 'none is due')];
  return [trouble('reports', EXPECTED, `not written since they were loaded: ${days}`, 'tally run')];
}
