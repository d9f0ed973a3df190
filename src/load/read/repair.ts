import type { Finder } from './lookahead.js';
import { FAULT } from './row.js';

/** So many quotes of a row are tried for the one that may be wrong. */
const MOST_TRIES = 64;

/** What is said where not all rows are right. */
export const NOT_RIGHT = 'not right';

/** A row that one character makes right: where it begins, where the next one does, and how many others are right. */
export interface Repair {
  from: number;
  to: number;
  rows: number;
}

/** The row that is broken, if one character makes everything right from a place on; undefined when more bytes are needed. */
export function bestRepair(
  finder: Finder,
  at: number,
  horizon: number,
): Repair | typeof NOT_RIGHT | undefined {
  const known = new Map<number, number | typeof NOT_RIGHT>();
  let best: Repair | typeof NOT_RIGHT = NOT_RIGHT;
  let rows = 0;
  for (let place = at; place < horizon && place < finder.length;) {
    const after = finder.afterEmptyLine(place);
    if (after < 0 || (after === place && !finder.find(place))) return undefined;
    const { next } = finder;
    if (after === place) {
      const right = isRight(finder);
      const repair = bestEnd(finder, place, repairedEnds(finder, place, horizon), horizon, known);
      if (repair === undefined) return undefined;
      if (repair !== NOT_RIGHT && (best === NOT_RIGHT || rows + repair.rows >= best.rows))
        best = { ...repair, rows: rows + repair.rows };
      if (!right) break;
      rows++;
    }
    place = after === place ? next : after;
  }
  return best;
}

/** Where the next row begins, for each way to make the row at `at`, which was found, right by one character. */
export function repairedEnds(finder: Finder, at: number, horizon: number): number[] {
  const { length, last, next, count, expected, fault, faultAt } = finder;
  const ends = new Set<number>();
  if (fault === FAULT.none && Math.abs(count - expected) === 1) ends.add(next);
  // Beyond the horizon there is nothing, wherever a block ends.
  finder.length = Math.min(horizon, length);
  finder.last = true;
  const consider = () => {
    finder.find(at);
    if (isRight(finder)) ends.add(finder.next);
  };
  if (fault !== FAULT.none) {
    finder.splitAt = faultAt;
    consider();
    finder.splitAt = -1;
  }
  const end = fault === FAULT.none ? next : faultAt + 1;
  let quote = finder.nextQuote(at);
  for (let tries = 0; quote < end && quote < finder.length && tries < MOST_TRIES; tries++) {
    finder.textAt = quote;
    consider();
    quote = finder.nextQuote(quote + 1);
  }
  finder.textAt = -1;
  finder.length = length;
  finder.last = last;
  return [...ends];
}

/** Of the repairs of a row behind which everything is right the one with the most rows; undefined when more bytes are needed. */
export function bestEnd(
  finder: Finder,
  from: number,
  ends: readonly number[],
  horizon: number,
  known: Map<number, number | typeof NOT_RIGHT>,
): Repair | typeof NOT_RIGHT | undefined {
  let best: Repair | typeof NOT_RIGHT = NOT_RIGHT;
  for (const to of ends) {
    const rows = known.get(to) ?? rightRows(finder, to, horizon);
    if (rows === undefined) return undefined;
    known.set(to, rows);
    if (rows !== NOT_RIGHT && (best === NOT_RIGHT || rows > best.rows)) best = { from, to, rows };
  }
  return best;
}

/** How many rows lead from one place to the other, if all of them are right; undefined when more bytes are needed. */
export function rightRows(finder: Finder, from: number, to: number): number | typeof NOT_RIGHT | undefined {
  let rows = 0;
  for (let place = from; place < to && place < finder.length;) {
    const after = finder.afterEmptyLine(place);
    if (after < 0) return undefined;
    if (after === place) {
      if (!finder.find(place)) return undefined;
      if (!isRight(finder)) return NOT_RIGHT;
      rows++;
    }
    place = after === place ? finder.next : after;
  }
  return rows;
}

export function isRight(finder: Finder): boolean {
  return finder.fault === FAULT.none && finder.count === finder.expected;
}
