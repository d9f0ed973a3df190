import { localTime, type Day } from '../clock.js';
import { lastDueDay } from '../feeds/cadence.js';
import { listFreshness } from '../ledger/questions.js';
import type { Session } from './session.js';

export type FreshnessState = 'fresh' | 'late' | 'missing' | 'held' | 'failed';

export interface AgencyStatus {
  feed: string;
  agency: string;
  state: FreshnessState;
  /** The last business date that was delivered. */
  fresh_date: Day | null;
  /** The business date that should be there by now; null where the feed declares no cadence. */
  expected_date: Day | null;
  rows_loaded: number | null;
  rows_invalid: number | null;
  live_load_id: number | null;
  last_load_id: number | null;
  last_message: string | null;
}

/** What is fresh, late, missing, held or failed now, for each feed and agency. */
export async function agencyStates({
  config,
  clock,
  client,
  feeds,
  agencies: { list },
}: Pick<Session, 'config' | 'clock' | 'client' | 'feeds' | 'agencies'>): Promise<AgencyStatus[]> {
  const freshness = await listFreshness(client);
  const statuses = freshness.map((each): AgencyStatus => {
    const cadence = feeds.find((feed) => feed.name === each.feed)?.cadence;
    const timeZone = list.find((agency) => agency.key === each.agency)?.timeZone ?? config.timeZone;
    const expected = cadence ? lastDueDay(cadence, localTime(clock.now(), timeZone)) : null;
    const isLate = expected !== null && (each.fresh_date === null || each.fresh_date < expected);
    const isBad = each.last_outcome === 'held' || each.last_outcome === 'failed';
    return {
      feed: each.feed,
      agency: each.agency,
      state: isBad ? (each.last_outcome as 'held' | 'failed') : isLate ? 'late' : 'fresh',
      fresh_date: each.fresh_date,
      expected_date: expected,
      rows_loaded: numberOrNull(each.rows_loaded),
      rows_invalid: numberOrNull(each.rows_invalid),
      live_load_id: numberOrNull(each.live_load_id),
      last_load_id: Number(each.last_load_id),
      last_message: each.last_message,
    };
  });
  // A feed that every agency is to deliver by a certain time, and one has never delivered.
  for (const feed of feeds.filter((each) => each.cadence && each.agencies === 'declared')) {
    for (const agency of list) {
      if (statuses.some((each) => each.feed === feed.name && each.agency === agency.key)) continue;
      statuses.push({
        feed: feed.name,
        agency: agency.key,
        state: 'missing',
        fresh_date: null,
        expected_date: lastDueDay(feed.cadence!, localTime(clock.now(), agency.timeZone ?? config.timeZone)),
        rows_loaded: null,
        rows_invalid: null,
        live_load_id: null,
        last_load_id: null,
        last_message: null,
      });
    }
  }
  statuses.sort((a, b) => (`${a.feed} ${a.agency}` < `${b.feed} ${b.agency}` ? -1 : 1));
  return statuses;
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
