import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { findAgency, loadAgencies, unknownAgency } from '../feeds/agencies.js';
import { agencyKey } from '../feeds/agencyKey.js';
import { sqlState } from '../warehouse/failure.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import { askLedger } from './status.js';

/** Asks views of what is live, of an agency that is named as people do or of all (null). */
export async function askViews<T>(
  config: Config,
  named: string | undefined,
  ask: (client: Client, agency: string | null) => Promise<T>,
): Promise<T> {
  return askLedger(config, async (client) => {
    const agency = named === undefined ? null : await keyOf(client, config, named);
    try {
      await client.query(statement('report/set_bounds'));
      return await ask(client, agency);
    } catch (error) {
      if (sqlState(error) !== '42P01') throw error;
      throw new TallyError(
        'report_unavailable',
        `This warehouse cannot tell that: ${(error as Error).message}.`,
        { hint: 'The feeds of the workspace lack what it is told from: tally db migrate', cause: error },
      );
    }
  });
}

/** One that is declared, or has delivered as a feed for any agency. */
async function keyOf(client: Client, { workspace }: Config, named: string): Promise<string> {
  const agencies = loadAgencies(workspace);
  const key = findAgency(agencies, named)?.key ?? agencyKey(named);
  if (agencies.list.some((agency) => agency.key === key)) return key;
  const { rows } = await client.query(statement('report/find_agency'), [key]);
  if (rows.length === 0) throw unknownAgency(agencies, named);
  return key;
}
