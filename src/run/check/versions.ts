import type { Client } from '../../warehouse/connect.js';
import { statement, type Word } from '../../warehouse/statements.js';
import { ok, psql, trouble, type Finding } from './finding.js';

interface Stray {
  problem: 'unknown' | 'missing' | 'detached' | 'attached' | 'orphan';
  version: string;
  agency_table: string | null;
  agency: string | null;
  load_id: string;
}

const EXPECTED = 'the versions that the ledger names, each in its place';

/** The tables of tally_version against the ledger: what readers see is the version that is called live. */
export async function checkVersions(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<Stray>(statement('check/list_stray_versions'));
  if (rows.length === 0) return [ok('versions', EXPECTED, 'as the ledger says')];
  return rows.map((stray) => {
    const [actual, mend] = TOLD[stray.problem](stray);
    return trouble('versions', EXPECTED, actual, mend);
  });
}

const TOLD: Record<Stray['problem'], (stray: Stray) => [actual: string, mend: string]> = {
  unknown: ({ version }) => [
    `there is a table ${version} that the ledger does not know`,
    psql(statement('check/mend_unknown_version', wordsOf({ version }))),
  ],
  missing: ({ version, load_id: load }) => [
    `the ledger names the version ${version}, and there is no such table`,
    `load its file again: tally loads shows where load ${load} has it; tally load FILE --force`,
  ],
  detached: (stray) => [
    `${stray.version} is live by the ledger, and not a part of ${stray.agency_table ?? 'any table'}`,
    psql(statement('check/mend_detached_version', wordsOf(stray))),
  ],
  attached: (stray) => [
    `${stray.version} is a part of ${stray.agency_table}, and not live by the ledger`,
    psql(statement('check/mend_attached_version', wordsOf(stray))),
  ],
  orphan: ({ version }) => [`${version} is of a load that came to nothing`, 'tally run'],
};

/** The agency's table comes from the catalog, quoted as it must be. */
function wordsOf({ version, agency_table: table, agency }: Partial<Stray>): Record<string, Word> {
  return {
    version: { schema: 'tally_version', name: version! },
    agency_table: table ?? '',
    agency: agency ?? '',
  };
}
