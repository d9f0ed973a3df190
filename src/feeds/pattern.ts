import type { Day } from '../clock.js';
import { isDay } from '../clock.js';
import { unpackedName } from '../content/container.js';

/**
 * A pattern of file names: `customer_rating_{agency}_{date:YYYYMMDD}.csv`. It may name folders below the
 * inbox (`{agency}/orders_{date:DDMMYYYY}.csv`); `*` stands for anything within a name. A packed file fits with and
 * without the ending that says how it is packed.
 */
export interface Pattern {
  text: string;
  namesAgency: boolean;
  match(path: string): { agency: string | undefined; day: Day | undefined } | undefined;
}

const DATE_PARTS: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  DD: '(?<day>\\d{2})',
};

/** Some systems write ü as one character and some as two: here it is one. */
const composed = (text: string) => text.normalize('NFC');

export function parsePattern(text: string): Pattern | { fault: string } {
  let source = '';
  const seen = new Set<string>();
  for (const piece of text.split(/(\{[^}]*\}|\*)/)) {
    if (piece === '*') {
      source += '[^/]*';
    } else if (piece === '{agency}') {
      if (seen.has('agency')) return { fault: 'expected {agency} once' };
      seen.add('agency');
      source += '(?<agency>[^/]+?)';
    } else if (piece.startsWith('{date:')) {
      if (seen.has('date')) return { fault: 'expected one {date:…}' };
      seen.add('date');
      const format = piece.slice('{date:'.length, -1);
      const parts = dateSource(format);
      if (parts === undefined) {
        return { fault: `expected a date format of YYYY, MM and DD, got \`${format}\`` };
      }
      source += parts;
    } else if (/[{}]/.test(piece)) {
      return { fault: `expected {agency} or {date:YYYYMMDD}, got \`${piece}\`` };
    } else {
      source += escape(composed(piece));
    }
  }
  // Case is not told apart: agencies change it without notice, and some file systems do not keep it.
  const regExp = new RegExp(`^${source}$`, 'iu');
  return {
    text,
    namesAgency: seen.has('agency'),
    match(path) {
      return find(path) ?? find(unpackedName(path));
    },
  };

  function find(path: string) {
    const match = regExp.exec(composed(path));
    if (!match) return undefined;
    const { groups } = match;
    const day = groups?.year === undefined ? undefined : `${groups.year}-${groups.month}-${groups.day}`;
    // 20261399 is no date, so a name that carries it is not of this pattern.
    if (day !== undefined && !isDay(day)) return undefined;
    return { agency: groups?.agency, day };
  }
}

/** A date format as a regular expression, where each of YYYY, MM and DD stands exactly once. */
function dateSource(format: string): string | undefined {
  const pieces = format.split(/(YYYY|MM|DD)/).filter((piece) => piece !== '');
  const parts = pieces.filter((piece) => piece in DATE_PARTS).sort();
  if (parts.join() !== 'DD,MM,YYYY') return undefined;
  if (pieces.some((piece) => !(piece in DATE_PARTS) && /[A-Za-z]/.test(piece))) return undefined;
  return pieces.map((piece) => DATE_PARTS[piece] ?? escape(piece)).join('');
}

function escape(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
