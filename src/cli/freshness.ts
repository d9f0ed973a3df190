import type { FreshnessState } from '../feeds/cadence.js';
import type { Freshness } from '../ledger/freshness.js';
import type { LateAgency } from '../report/report.js';
import type { Terminal } from './terminal.js';
import { plural } from './text.js';

const STATES: FreshnessState[] = ['fresh', 'late', 'missing', 'held', 'failed'];

/** More names than this are only counted, if all is well with them. */
const MOST_FRESH = 8;

/** A line for each feed and state: who is fresh, and whose file one has to ask for. */
export function showFreshness({ say, colors }: Terminal, list: Freshness[]): void {
  // Of a feed without a cadence nothing is expected, so that it is fresh is no news.
  const told = list.filter((each) => each.expected_date !== null || each.state !== 'fresh');
  for (const state of STATES) {
    for (const [subject, agencies] of groups(told, state)) {
      const names = agencies.map(textOf);
      const isMany = state === 'fresh' && names.length > MOST_FRESH;
      const line = `${capital(state)}, ${subject}: ${isMany ? plural(names.length, 'agency', 'agencies') : names.join(', ')}`;
      say(paint(colors, state)(line));
    }
  }
}

function groups(list: Freshness[], state: FreshnessState): Map<string, Freshness[]> {
  const found = new Map<string, Freshness[]>();
  for (const each of list.filter((one) => one.state === state)) {
    const isExpected = (state === 'late' || state === 'missing') && each.expected_date !== null;
    const subject = isExpected ? `${each.feed} expected ${each.expected_date}` : each.feed;
    found.set(subject, [...(found.get(subject) ?? []), each]);
  }
  return found;
}

function textOf({ agency, state, fresh_date: last, last_load_id: load }: Freshness): string {
  if (state === 'fresh') return agency;
  return state === 'held' || state === 'failed' ? `${agency} (load ${load})` : `${agency} (${hasText(last)})`;
}

/** The same of a report: whose lines are older than its day. */
export function showLate({ say, colors }: Terminal, late: LateAgency[]): void {
  for (const state of STATES) {
    const days = new Set(late.filter((each) => each.state === state).map((each) => each.expected));
    for (const day of days) {
      const agencies = late.filter((each) => each.state === state && each.expected === day);
      const names = agencies.map((each) => `${each.agency} (${hasText(each.business_date)})`);
      say(paint(colors, state)(`${capital(state)}, expected ${day}: ${names.join(', ')}`));
    }
  }
}

export function paint(colors: Terminal['colors'], state: FreshnessState): (text: string) => string {
  if (state === 'fresh') return colors.green;
  return state === 'failed' ? colors.red : colors.yellow;
}

function hasText(last: string | null): string {
  return last === null ? 'nothing yet' : `has ${last}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
