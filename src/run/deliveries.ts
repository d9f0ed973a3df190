import { dayOf, type Clock, type Day } from '../clock.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { agencyKey, findAgency, unknownAgency, type Agencies, type Agency } from '../feeds/agencies.js';
import type { Feed } from '../feeds/feed.js';

/** What the name of a file says of it, or what keeps it from being a delivery. */
export type Named =
  | { feed: Feed; agency: Agency; businessDate: Day }
  | { feed: Feed | undefined; failure: TallyError }
  | undefined;

export interface NameContext {
  feeds: Feed[];
  agencies: Agencies;
  config: Pick<Config, 'timeZone'>;
  clock: Clock;
}

/** What was said on the command line goes before what the name says. */
export interface Said {
  feed?: Feed;
  agency?: string;
  date?: Day;
}

interface Match {
  feed: Feed;
  agency: Agency | undefined;
  token: string | undefined;
  day: Day | undefined;
}

/** Tells the feed, the agency and the business date of a file by its name; undefined where no feed has such names. */
export function nameDelivery(context: NameContext, name: string, arrivedAt: Date, said: Said = {}): Named {
  const feeds = said.feed ? [said.feed] : context.feeds;
  const matches = feeds.flatMap((feed) => matchFeed(context.agencies, feed, name) ?? []);
  if (matches.length > 1) {
    const names = matches.map((match) => match.feed.name).join(' and ');
    const failure = new TallyError(
      'file_unnamed',
      `The name ${name} is one of ${names}: it cannot be told which.`,
      {
        hint: 'Make the patterns in feeds/ differ, or say --feed.',
      },
    );
    return { feed: undefined, failure };
  }
  const match =
    matches[0] ?? (said.feed && { feed: said.feed, agency: undefined, token: undefined, day: undefined });
  if (!match) return undefined;
  try {
    const agency = agencyOf(context.agencies, match, said);
    return {
      feed: match.feed,
      agency,
      businessDate: said.date ?? match.day ?? arrivalDay(context, agency, arrivedAt),
    };
  } catch (failure) {
    if (!(failure instanceof TallyError)) throw failure;
    return { feed: match.feed, failure };
  }
}

/** A pattern whose agency is declared goes before one that only fits. */
function matchFeed(agencies: Agencies, feed: Feed, name: string): Match | undefined {
  for (const agency of agencies.list) {
    for (const pattern of agency.files[feed.name] ?? []) {
      const found = pattern.match(name);
      if (found) return { feed, agency, token: undefined, day: found.day };
    }
  }
  const found = feed.patterns.flatMap((pattern) => {
    const each = pattern.match(name);
    return each
      ? [
          {
            feed,
            token: each.agency,
            agency: each.agency === undefined ? undefined : findAgency(agencies, each.agency),
            day: each.day,
          },
        ]
      : [];
  });
  return (
    found.find((each) => each.agency !== undefined) ??
    found.find((each) => each.token === undefined) ??
    found[0]
  );
}

function agencyOf(agencies: Agencies, match: Match, said: Said): Agency {
  if (match.agency && said.agency === undefined) return match.agency;
  const token = said.agency ?? match.token ?? agencies.default;
  if (token === undefined) {
    throw new TallyError(
      'unknown_agency',
      'Neither the name of the file nor agencies.yaml says whose it is.',
      {
        hint: 'Say --agency, or set a default in agencies.yaml.',
      },
    );
  }
  const known = findAgency(agencies, token);
  if (known) return known;
  const key = agencyKey(token);
  if (match.feed.agencies === 'any' && /^[a-z][a-z0-9_]{0,30}$/.test(key)) {
    return { key, name: token, timeZone: undefined, aliases: [], files: {} };
  }
  throw unknownAgency(agencies, token);
}

/** The day it arrived; never a day that has not begun. */
function arrivalDay({ config, clock }: NameContext, agency: Agency, arrivedAt: Date): Day {
  const now = clock.now();
  return dayOf(arrivedAt < now ? arrivedAt : now, agency.timeZone ?? config.timeZone);
}
