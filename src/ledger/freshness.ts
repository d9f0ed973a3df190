import { addDays, momentOf, type Day } from '../clock.js';
import type { Config } from '../config.js';
import type { Agencies } from '../feeds/agencies.js';
import { freshnessState, isAbout, lastDue, type Due, type FreshnessState } from '../feeds/cadence.js';
import type { Feed } from '../feeds/feed.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

/** How fresh the data of one agency is, of one feed that it delivers or should deliver. */
export interface Freshness {
  feed: string;
  agency: string;
  state: FreshnessState;
  /** The last business date that was delivered. */
  fresh_date: Day | null;
  /** The business date that should be there by now, and since when; null where the feed does not say. */
  expected_date: Day | null;
  due_at: Date | null;
  rows_loaded: number | null;
  rows_invalid: number | null;
  live_load_id: number | null;
  last_load_id: number | null;
  last_message: string | null;
}

export interface FreshnessContext {
  client: Client;
  config: Pick<Config, 'timeZone'>;
  feeds: Feed[];
  agencies: Agencies;
}

interface FreshnessRow {
  feed: string;
  agency: string;
  fresh_date: Day | null;
  live_load_id: string | null;
  rows_loaded: string | null;
  rows_invalid: string | null;
  last_load_id: string | null;
  last_outcome: string | null;
  last_message: string | null;
}

/**
 * Tells what is fresh, late, missing, held or failed at a moment, for each feed and agency. `of`: as it was known
 * of a business date, by the end of that day, for one feed.
 */
export async function listFreshness(
  context: FreshnessContext,
  now: Date,
  of: { day?: Day; feed?: string } = {},
): Promise<Freshness[]> {
  const { rows } = await context.client.query<FreshnessRow>(statement('ledger/list_freshness'), [
    of.day,
    of.feed,
  ]);
  const dueOf = duesAt(now, of.day);
  const known = rows.map((row) => freshnessOf(context, row, dueOf));
  const never = context.feeds
    .filter((feed) => of.feed === undefined || feed.name === of.feed)
    .flatMap((feed) => dueAgencies(context, feed).map((agency) => neverDelivered(feed.name, agency)))
    .filter((row) => !known.some(({ feed, agency }) => feed === row.feed && agency === row.agency))
    .map((row) => freshnessOf(context, row, dueOf));
  return [...known, ...never].sort((a, b) => (`${a.feed} ${a.agency}` < `${b.feed} ${b.agency}` ? -1 : 1));
}

/** Agencies whose files are due although they may never have delivered any. */
function dueAgencies({ agencies }: FreshnessContext, { cadence, agencies: who }: Feed): string[] {
  const declared = who === 'declared' ? agencies.list.map((agency) => agency.key) : [];
  return cadence ? (cadence.agencies ?? declared) : [];
}

function freshnessOf(
  { feeds, agencies, config }: FreshnessContext,
  row: FreshnessRow,
  dueOf: (feed: Feed, timeZone: string) => Due | undefined,
): Freshness {
  const feed = feeds.find((each) => each.name === row.feed);
  const timeZone = agencies.list.find((agency) => agency.key === row.agency)?.timeZone ?? config.timeZone;
  const due = feed?.cadence && isAbout(feed.cadence, row.agency) ? dueOf(feed, timeZone) : undefined;
  const { last_outcome: outcome } = row;
  const trouble = outcome === 'held' || outcome === 'failed' ? outcome : undefined;
  return {
    feed: row.feed,
    agency: row.agency,
    state: freshnessState(feed?.cadence, { day: row.fresh_date, trouble }, due),
    fresh_date: row.fresh_date,
    expected_date: due?.day ?? null,
    due_at: due?.at ?? null,
    rows_loaded: numberOrNull(row.rows_loaded),
    rows_invalid: numberOrNull(row.rows_invalid),
    live_load_id: numberOrNull(row.live_load_id),
    last_load_id: numberOrNull(row.last_load_id),
    last_message: row.last_message,
  };
}

/** What is due is the same for all agencies of a zone. Today is judged by the time it is; a past day by its end. */
function duesAt(now: Date, day: Day | undefined) {
  const known = new Map<string, Due | undefined>();
  return ({ name, cadence }: Feed, timeZone: string): Due | undefined => {
    const key = `${name} ${timeZone}`;
    if (!known.has(key))
      known.set(key, cadence && lastDue(cadence, timeZone, momentToJudge(now, day, timeZone)));
    return known.get(key);
  };
}

function momentToJudge(now: Date, day: Day | undefined, timeZone: string): Date {
  if (day === undefined) return now;
  const end = momentOf(addDays(day, 1), '00:00', timeZone).getTime() - 1;
  return new Date(Math.min(end, now.getTime()));
}

function neverDelivered(feed: string, agency: string): FreshnessRow {
  return {
    feed,
    agency,
    fresh_date: null,
    live_load_id: null,
    rows_loaded: null,
    rows_invalid: null,
    last_load_id: null,
    last_outcome: null,
    last_message: null,
  };
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
