import type { Day } from '../clock.js';
import { listFreshness } from '../ledger/freshness.js';
import type { Lateness, Report } from '../report/report.js';
import type { Session } from './session.js';

/** Of the agencies that a report is about: whose data is older than it should be by a day, and who has none yet. */
export async function latenessOf(
  session: Pick<Session, 'client' | 'config' | 'feeds' | 'agencies' | 'clock'>,
  { feed }: Report,
  day: Day,
): Promise<Lateness> {
  if (feed === undefined) return { late: [], withoutLoad: [] };
  const agencies = await listFreshness(session, session.clock.now(), { day, feed });
  const late = agencies.flatMap(({ agency, state, fresh_date: last, expected_date: expected }) =>
    expected !== null && (last === null || last < expected)
      ? [{ agency, state, business_date: last, expected }]
      : [],
  );
  const loaded = agencies.filter((each) => each.fresh_date !== null).map((each) => each.agency);
  const withoutLoad = session.agencies.list.map(({ key }) => key).filter((key) => !loaded.includes(key));
  return { late, withoutLoad };
}
