import { grouped } from '../../grouped.js';
import { type Guess } from './guess.js';
import type { Profile } from './profile.js';
import { type Sample, type Survey } from './sample.js';
import { plural, quoted } from './words.js';

/** With fewer rows everything looks unique, or like a short list. */
const ENOUGH_ROWS = 20;

const MOST_ALLOWED = 8;

/** What an index of PostgreSQL takes at any encoding. */
const LONGEST_KEY = 255;

export const KEY_NAME = /(?:^|_)(?:id|key|number|nr|no|num|reference|ref|code|uuid|guid)(?:_|$)|barcode$/;

/** Words that YAML takes for something else than a text. */
const YAML_WORDS = ['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'];

/** Of a column all that the feed says of it. */
export interface Inferred extends Guess {
  name: string;
  alias: string | undefined;
  profile: Profile;
  isRequired: boolean;
}

export function about(file: string, width: number, rows: number, survey: Survey, sample: Sample): string[] {
  const { ragged, unreadable, unstorable } = survey;
  const lines = [
    'yaml-language-server: $schema=../docs/feed.schema.json',
    `Guessed from ${quoted(file)}: ${rowsText(rows)}. Read it before you trust it.`,
    ...(survey.isCut
      ? ['Only the beginning of the file was read; what comes after it may be different.']
      : []),
    ...(ragged > 0
      ? [`${rowsText(ragged)} without the ${grouped(width)} fields of the first: such rows are invalid.`]
      : []),
    ...(unreadable > 0
      ? [
          `${plural(unreadable, 'line')} whose quotes do not work out: such rows are invalid.`,
          `If ${sample.quote} is no quote in these files, give a character that they never use: quote: "\\x01"`,
        ]
      : []),
    ...(unstorable > 0
      ? [
          `${rowsText(unstorable)} with NUL or with bytes that are not ${sample.encoding}: such rows are invalid.`,
        ]
      : []),
  ];
  return lines.map((line) => `# ${line}`);
}

export function titleOf(name: string): string {
  return (name[0]!.toUpperCase() + name.slice(1)).replaceAll('_', ' ').trim();
}

export function modeOf(): string[] {
  return [
    '# replace: each file is the full truth. append: rows are added, each key once. upsert: a row replaces that of its key.',
    '# append and upsert need a key.',
    `mode: replace${note('cannot be seen in a sample; replace is the usual one')}`,
  ];
}

export function dialectOf(sample: Sample, width: number): string[] {
  const { delimiter, quote, encoding, isAscii, hasQuotes } = sample;
  const split =
    width > 1
      ? `splits the rows into ${grouped(width)} fields`
      : 'the file has one column, and this is nowhere in it';
  const coded =
    encoding === 'utf-8'
      ? isAscii
        ? 'there is nothing but ASCII in the sample'
        : 'the sample is UTF-8'
      : encoding === 'utf-16'
        ? 'the sample is UTF-16'
        : 'the sample is not UTF-8, and this is the usual other one: look whether é, ö and € come out right';
  return [
    `delimiter: ${quoted(delimiter)}${note(split)}`,
    `quote: ${quoted(quote)}${note(hasQuotes ? 'stands around fields of the sample' : 'the usual one; the sample begins without any')}`,
    `encoding: ${encoding}${note(coded)}`,
  ];
}

export function nullsOf(nulls: ReadonlySet<string>, columns: Inferred[]): string[] {
  if (nulls.size === 0) return [];
  const found = columns
    .filter(({ profile, isText }) => !isText && profile.words.size > 0)
    .map(({ name, profile }) => `${name} (${plural(sum(profile.words.values()), 'value')})`);
  const shown = found.slice(0, 3).join(', ') + (found.length > 3 ? ', …' : '');
  const why = `in ${shown}, where all others are of one type; they mean "no value" in every column`;
  return [`nulls: [${[...nulls].map(quoted).join(', ')}]${note(why)}`];
}

export function linesOf(column: Inferred, nulls: ReadonlySet<string>, rows: number): string[] {
  const { name, alias, type, format, why, isRequired, missing } = column;
  const requiredWhy =
    rows === 0
      ? 'no row in the sample'
      : isRequired
        ? 'every row has a value'
        : `${grouped(missing)} of ${rowsText(rows)} without a value`;
  return [
    `  - name: ${scalar(name)}`,
    ...(alias === undefined ? [] : [`    aliases: [${quoted(alias)}]${note('as the header writes it')}`]),
    `    type: ${type}${note(why)}`,
    ...(format === undefined ? [] : [`    formats: [${quoted(format)}]`]),
    `    required: ${isRequired}${note(requiredWhy)}`,
    ...suggestionsOf(column, nulls),
  ];
}

/** Rules that the sample keeps, for a person to take or leave. */
function suggestionsOf({ isText, profile, values }: Inferred, nulls: ReadonlySet<string>): string[] {
  if (!isText || values < ENOUGH_ROWS) return [];
  const allowed = profile.distinctValues(nulls);
  if (allowed.length > 1 && allowed.length <= MOST_ALLOWED && values >= allowed.length * 5) {
    return [
      `    # one_of: [${allowed.map(quoted).join(', ')}]${note(`the only values in ${grouped(values)} rows: take it if there are no others`)}`,
    ];
  }
  return profile.shortest === profile.longest && profile.words.size === 0
    ? [`    # length: ${profile.longest}${note('all values have it: take it if all must')}`]
    : [];
}

export function keyOf(columns: Inferred[], rows: number): string[] {
  const found = columns.find(
    ({ name, type, isRequired, profile }, i) =>
      isRequired &&
      profile.isUnique &&
      profile.longest <= LONGEST_KEY &&
      (i === 0 || KEY_NAME.test(name)) &&
      !/^(?:numeric|boolean|json)/.test(type),
  );
  if (!found)
    return [
      '# key: none was found: no column that looks like an identifier is required and unique in the sample',
    ];
  const key = `key: ${scalar(found.name)}`;
  return rows < ENOUGH_ROWS
    ? [`# ${key}${note(`unique in the sample, which is too small to tell: ${rowsText(rows)}`)}`]
    : [
        `${key}${note(`required, and ${grouped(rows)} of ${grouped(rows)} values are different; a repeated one makes a row invalid`)}`,
      ];
}

function rowsText(count: number): string {
  return plural(count, 'row');
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}

function scalar(name: string): string {
  return YAML_WORDS.includes(name) ? quoted(name) : name;
}

export function note(text: string): string {
  return ` # ${text}`;
}
