import { grouped } from '../../grouped.js';
import { type Kind, KINDS } from './kinds.js';
import { MOST_MISSES, Profile } from './profile.js';
import { plural, shortened } from './words.js';

export interface Guess {
  /** As a feed writes it. */
  type: string;
  format: string | undefined;
  why: string;
  isText: boolean;
  /** Values of this type that the sample has, and those that it lacks. */
  values: number;
  missing: number;
}

/** What a column is; its name is undefined where the file has no header. */
export function guess(profile: Profile, name: string | undefined, nulls: ReadonlySet<string>): Guess {
  const { values, blank, empty } = profile;
  let [missing, words] = [empty, 0];
  for (const [word, count] of profile.words) {
    if (nulls.has(word)) missing += count;
    else words += count;
  }
  const kind = words > 0 ? undefined : narrowest(profile, name);
  if (kind?.type) {
    const why = `${grouped(values)} of ${grouped(values)} values are ${kind.what}${detail(profile, kind)}`;
    const type = kind.type === 'numeric' ? numericType(profile) : kind.type;
    return {
      type,
      format: kind.format,
      why,
      isText: false,
      values,
      missing: missing + (kind.trims ? blank : 0),
    };
  }
  const present = values + blank + words;
  return {
    ...guessText(profile, name, nulls, present),
    format: undefined,
    isText: true,
    values: present,
    missing,
  };
}

/** The words for null of a column whose other values are all of one type: they are no texts then. */
export function nullWords(profile: Profile, name: string | undefined): string[] {
  return narrowest(profile, name) ? [...profile.words.keys()] : [];
}

function narrowest(profile: Profile, name: string | undefined): Kind | undefined {
  return [...profile.kinds()].find(({ type, believed }) => type && (believed?.(profile, name) ?? true));
}

/** Whether a first row can hold this as a name: it is no value of a type, and has a letter. */
export function isName(cell: string): boolean {
  const value = cell.trim();
  return (
    /\p{Letter}/u.test(value) &&
    value.length <= 100 &&
    !KINDS.some(({ type, fits }) => type && type !== 'boolean' && fits(value))
  );
}

/** What the values of a column all are and the name above them is not: it shows that the first row is a header. */
export function differsFrom(profile: Profile, name: string): string | undefined {
  return [...profile.kinds()].find(
    (kind) => !kind.fits(name) && (kind.believed?.(profile, undefined) ?? true),
  )?.what;
}

function detail(profile: Profile, kind: Kind): string {
  const range = `, ${profile.least} to ${profile.greatest}`;
  const alike = [...profile.kinds()];
  switch (kind.type) {
    case 'integer':
    case 'bigint': {
      const tooLarge = kind.type === 'bigint' ? ', too large for integer' : '';
      const days = alike.some(({ format }) => format === 'YYYYMMDD')
        ? '; they could be days as YYYYMMDD, too'
        : '';
      return `${range}${tooLarge}${days}`;
    }
    case 'numeric': {
      const { wholeDigits, decimals } = profile;
      return `${range}, ${wholeDigits} digits at most before the point and ${decimals} after it; there is room for ${MORE_DIGITS} more before it${decimals < LEAST_SCALE ? ` and ${LEAST_SCALE} after it` : ''}`;
    }
    case 'boolean':
      return `: ${profile.distinctValues().slice(0, 6).join(', ')}`;
    case 'date':
    case 'timestamp': {
      const twin = kind.format?.replace('DD/MM', 'MM/DD');
      const either = twin !== kind.format && alike.some(({ format }) => format === twin);
      const doubt = either ? `; ${twin} fits all of them just as well: ask which is meant` : '';
      return `, such as ${profile.sample}${doubt}`;
    }
    default:
      return '';
  }
}

const MORE_DIGITS = 4;

const LEAST_SCALE = 2;

function numericType({ wholeDigits, decimals }: Profile): string {
  const scale = Math.max(decimals, LEAST_SCALE);
  return `numeric(${wholeDigits + MORE_DIGITS + scale},${scale})`;
}

function guessText(
  profile: Profile,
  name: string | undefined,
  nulls: ReadonlySet<string>,
  present: number,
): { type: string; why: string } {
  if (present === 0) return { type: 'text', why: 'no value in the sample: there is nothing to guess from' };
  const words = [...profile.words.keys()].filter((word) => !nulls.has(word)).map((word) => word.length);
  const longest = Math.max(profile.longest, ...words);
  const shortest = Math.min(profile.shortest, ...words);
  // Half as much again, rounded up.
  const room = [10, 20, 50, 100, 200].find((length) => length >= longest * 1.5);
  const type = room === undefined ? 'text' : `varchar(${room})`;
  const span = (shortest === longest ? '' : `${grouped(shortest)} to `) + plural(longest, 'character');
  const lengths = `${plural(present, 'value')} of ${span}${room === undefined ? '' : ', with room for longer ones'}`;
  const alike =
    present === profile.values ? [...profile.kinds()].find((kind) => kind.type === undefined) : undefined;
  return { type, why: `${lengths}${alike ? `; all are ${alike.what}` : almost(profile, name)}` };
}

/** A few values among many that fit no narrower type may be bad rows of the sample. */
function almost(profile: Profile, name: string | undefined): string {
  const { values, misses } = profile;
  const near = KINDS.map((kind, i) => ({ kind, miss: misses[i]! }))
    .filter(({ kind, miss }) => kind.type && miss.count <= Math.min(values / 10, MOST_MISSES))
    .filter(({ kind }) => kind.believed?.(profile, name) ?? true)
    .toSorted((a, b) => a.miss.count - b.miss.count)[0];
  if (!near || near.miss.count === 0) return '';
  const { kind, miss } = near;
  return `; ${grouped(values - miss.count)} of ${grouped(values)} are ${kind.what}, the first that is not: ${shortened(miss.first)} on line ${miss.line}. Is it a bad row? Then: type: ${kind.type}`;
}
