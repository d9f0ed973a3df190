import { dayOf, localTime, type Clock, type Day } from '../clock.js';
import type { Config } from '../config.js';
import type { Agency } from '../feeds/agencies.js';
import { lastDueDay } from '../feeds/cadence.js';
import type { Feed } from '../feeds/feed.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

export interface LateAgency {
  agency: string;
  business_date: Day | null;
  expected: Day;
}

export interface Lateness {
  late: LateAgency[];
  /** Agencies that had not been loaded at all. */
  withoutLoad: string[];
}

interface Context {
  client: Client;
  clock: Clock;
  config: Pick<Config, 'timeZone'>;
  agencies: Agency[];
}

/** Which agencies' data is older than it should be by a day, and which have none yet. */
export async function latenessOf(context: Context, feed: Feed, date: Day): Promise<Lateness> {
  const { client, clock, config, agencies } = context;
  const { rows } = await client.query<{ agency: string; business_date: Day }>(
    statement('report/list_freshness'),
    [feed.name, date],
  );
  const fresh = new Map(rows.map((row) => [row.agency, row.business_date]));
  const withoutLoad = agencies.map((agency) => agency.key).filter((key) => !fresh.has(key));
  const late = agencies.flatMap((agency): LateAgency[] => {
    if (!feed.cadence) return [];
    const expected = lastDueDay(feed.cadence, asOf(clock, date, agency.timeZone ?? config.timeZone));
    const last = fresh.get(agency.key) ?? null;
    return last === null || last < expected ? [{ agency: agency.key, business_date: last, expected }] : [];
  });
  return { late, withoutLoad };
}

/** Today is judged by the time it is; a past day by its end. */
function asOf(clock: Clock, date: Day, timeZone: string): { day: Day; time: string } {
  const isPast = date < dayOf(clock.now(), timeZone);
  return isPast ? { day: date, time: '24:00' } : localTime(clock.now(), timeZone);
}
