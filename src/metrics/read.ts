import { daysBetween } from '../clock.js';
import { listFreshness } from '../ledger/freshness.js';
import type { Session } from '../run/session.js';
import { statement } from '../warehouse/statements.js';
import type { Sample } from './metrics.js';

/** All that there is to measure, in two questions to the ledger. */
export async function readSamples(
  context: Pick<Session, 'client' | 'clock' | 'config' | 'feeds' | 'agencies'>,
): Promise<Sample[]> {
  const { rows } = await context.client.query<Sample>(statement('metrics/read_numbers'));
  const states = await listFreshness(context, context.clock.now());
  return [
    { metric: 'tally_database_up', labels: {}, value: 1 },
    ...rows,
    ...states.flatMap(({ feed, agency, state, fresh_date: fresh, expected_date: expected }): Sample[] => [
      { metric: 'tally_agency_state', labels: { feed, agency, state }, value: 1 },
      ...(fresh === null || expected === null
        ? []
        : [
            {
              metric: 'tally_lag_days' as const,
              labels: { feed, agency },
              value: Math.max(0, daysBetween(fresh, expected)),
            },
          ]),
    ]),
  ];
}
