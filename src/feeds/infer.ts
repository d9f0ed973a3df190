import { basename } from 'node:path';
import { isDay } from '../clock.js';
import { TallyError } from '../errors.js';
import { parseDateFormat } from './dateFormat.js';
import { readFeed } from './feed.js';
import {
  counted,
  differsFrom,
  distinctValues,
  guess,
  isName,
  nullWords,
  plural,
  Profile,
  quoted,
  shortened,
  type Guess,
} from './guess.js';
import { openSample, readRows, type Sample, type Survey } from './sample.js';

export interface InferredFeed {
  name: string;
  yaml: string;
  /** From how many rows it was guessed. */
  rows: number;
}

/** A table of PostgreSQL has 1,600 columns at most, and Tallyhouse adds some of its own. */
const MOST_COLUMNS = 1590;
/** With fewer rows everything looks unique, or like a short list. */
const ENOUGH_ROWS = 20;
const MOST_ALLOWED = 8;
/** What an index of PostgreSQL takes at any encoding. */
const LONGEST_KEY = 255;

const FEED_NAME = /^[a-z][a-z0-9_]{0,30}$/;
const KEY_NAME = /(?:^|_)(?:id|key|number|nr|no|num|reference|ref|code|uuid|guid)(?:_|$)|barcode$/;
/** Words that YAML takes for something else than a text. */
const YAML_WORDS = ['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'];
/** Columns that Tallyhouse adds to a table of its own accord. */
const RESERVED = ['agency', 'line_number', 'load_id'];

/** Of a column all that the feed says of it. */
interface Inferred extends Guess {
  name: string;
  alias: string | undefined;
  profile: Profile;
  isRequired: boolean;
}

interface Header {
  isThere: boolean;
  why: string;
}

/** Writes a feed from a sample, and beside each guess what it was guessed from. The same file gives the same feed. */
export async function inferFeed(path: string, name = nameOfFile(basename(path))): Promise<InferredFeed> {
  if (!FEED_NAME.test(name)) {
    throw new TallyError(
      'usage',
      `\`${name}\` cannot be the name of a feed: it becomes the name of its table.`,
      {
        hint: 'Give lower-case letters, digits and _, 31 at most, beginning with a letter: --name orders',
      },
    );
  }
  const sample = await openSample(path);
  const { first, profiles, survey, repeats } = profileColumns(path, sample);
  const header = headerOf(path, first, profiles, repeats);
  if (!header.isThere) first.forEach((value, i) => profiles[i]!.add(value, 1));
  const rows = survey.rows - (header.isThere ? 1 : 0);

  const named = nameColumns(header.isThere ? first : first.map(() => ''))
    .map((column, i) => ({ ...column, profile: profiles[i]! }))
    .filter((_, i) => !header.isThere || first[i]!.trim() !== '');
  const speaking = (column: { name: string }) => (header.isThere ? column.name : undefined);
  const nulls = new Set(named.flatMap((column) => nullWords(column.profile, speaking(column))));
  const columns = named.map((column): Inferred => {
    const guessed = guess(column.profile, speaking(column), nulls);
    return { ...column, ...guessed, isRequired: rows > 0 && guessed.missing === 0 };
  });

  const yaml = [
    ...about(basename(path), first.length, rows, survey, sample),
    `title: ${quoted(titleOf(name))}${note('say in a sentence what a row is: it becomes the comment on the table')}`,
    ...filesOf(basename(path)),
    ...modeOf(),
    `header: ${header.isThere ? 'required' : 'none'}${note(header.why)}`,
    ...dialectOf(sample, first.length),
    ...nullsOf(nulls, columns),
    'columns:',
    ...columns.flatMap((column) => linesOf(column, rows)),
    ...keyOf(columns, rows),
    '',
  ].join('\n');
  const read = readFeed(`feeds/${name}.yaml`, yaml);
  if ('faults' in read) {
    throw new TallyError('usage', `No feed ${name} can be made: ${read.faults[0]!.message}.`, {
      hint: 'Give it another name: --name NAME',
    });
  }
  return { name, yaml, rows };
}

function profileColumns(
  path: string,
  sample: Sample,
): { first: string[]; profiles: Profile[]; survey: Survey; repeats: Set<number> } {
  let first: string[] | undefined;
  let profiles: Profile[] = [];
  /** Columns in which the first row's value comes again. */
  const repeats = new Set<number>();
  const survey = readRows(path, sample, (fields, line) => {
    if (!first) {
      refuseTooMany(path, fields.length);
      first = fields;
      let candidates = 0;
      profiles = fields.map((field, i) => {
        // The values of few columns are kept, so that a wide file takes no more memory than it has bytes.
        const mayBeKey = i === 0 || (KEY_NAME.test(identifier(field)) && candidates++ < 8);
        return new Profile(mayBeKey);
      });
      return;
    }
    for (let i = 0; i < fields.length; i++) {
      profiles[i]!.add(fields[i]!, line);
      if (fields[i] === first[i]) repeats.add(i);
    }
  });
  return { first: first!, profiles, survey, repeats };
}

function refuseTooMany(path: string, count: number): void {
  if (count <= MOST_COLUMNS) return;
  throw new TallyError(
    'header_malformed',
    `The first row of ${path} has ${counted(count)} fields; expected ${counted(MOST_COLUMNS)} at most: a table takes no more.`,
    { hint: 'Has the file lost its line ends?' },
  );
}

/** Whether the first row is names: it looks like names, and what is below them looks like something else. */
function headerOf(path: string, first: string[], profiles: Profile[], repeats: Set<number>): Header {
  const none = (why: string): Header => ({ isThere: false, why });
  const value = first.find((cell) => cell.trim() !== '' && !isName(cell));
  if (value !== undefined) return none(`the first row is values: ${shortened(value)} is no name`);
  const names = first.map((cell) => cell.trim().toLowerCase());
  const differing = first
    .map((cell, i) => ({ cell, what: differsFrom(profiles[i]!, cell) }))
    .find(({ cell, what }) => what !== undefined && cell.trim() !== '');
  const nameless = names.filter((name) => name === '').length;
  if (nameless > 1 || (nameless === 1 && !differing))
    return none('the first row is values: a name is missing in it');
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0 && !differing)
    return none(`the first row is values: ${shortened(first[twice]!)} comes twice`);
  if (twice >= 0) {
    throw new TallyError(
      'header_duplicate',
      `The header of ${path} names ${shortened(first[twice]!.trim())} twice (columns ${names.indexOf(names[twice]!) + 1} and ${twice + 1}); expected each name once.`,
      { hint: 'A load refuses such a file, too: ask for one that has each column once.' },
    );
  }
  if (differing) {
    return {
      isThere: true,
      why: `the first row is names: what is below ${shortened(differing.cell.trim())} is ${differing.what}`,
    };
  }
  if (
    profiles.every((profile) => profile.values + profile.blank + profile.words.size + profile.empty === 0)
  ) {
    return { isThere: true, why: 'the first row looks like names, and no row below it tells otherwise' };
  }
  const [again] = repeats;
  if (again !== undefined)
    return none(`the first row is values: ${shortened(first[again]!)} comes again below`);
  return {
    isThere: true,
    why: 'the first row looks like names, but all columns are texts: nothing proves it',
  };
}

/** Names that are identifiers already are given first, so that no other header takes them. */
function nameColumns(headers: string[]): { name: string; alias: string | undefined }[] {
  const written = headers.map((header) => header.trim());
  const taken = new Set([...written.map((header) => header.toLowerCase()), ...RESERVED]);
  return written.map((header, i) => {
    const lower = header.toLowerCase();
    const isIdentifier = /^[a-z][a-z0-9_]{0,62}$/.test(lower);
    if (isIdentifier && lower === identifier(header) && !RESERVED.includes(lower))
      return { name: lower, alias: undefined };
    const wanted = RESERVED.includes(identifier(header)) ? `file_${identifier(header)}` : identifier(header);
    const stem = (wanted || `column_${i + 1}`).replace(/^(?=[^a-z])/, 'column_').slice(0, 56);
    let name = stem;
    for (let n = 2; taken.has(name); n++) name = `${stem}_${n}`;
    taken.add(name);
    return { name, alias: header === '' ? undefined : header };
  });
}

/** `Customer Number` and `customerNumber` as customer_number. */
function identifier(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/([\p{Lowercase}\d])(\p{Uppercase})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

function about(file: string, width: number, rows: number, survey: Survey, sample: Sample): string[] {
  const { ragged, unreadable, unstorable } = survey;
  const lines = [
    'yaml-language-server: $schema=../docs/feed.schema.json',
    `Guessed from ${quoted(file)}: ${rowsText(rows)}. Read it before you trust it.`,
    ...(survey.isCut
      ? ['Only the beginning of the file was read; what comes after it may be different.']
      : []),
    ...(ragged > 0
      ? [`${rowsText(ragged)} without the ${counted(width)} fields of the first: such rows are invalid.`]
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

function titleOf(name: string): string {
  return (name[0]!.toUpperCase() + name.slice(1)).replaceAll('_', ' ').trim();
}

function modeOf(): string[] {
  return [
    '# replace: each file is the full truth. append: rows are added, each key once. upsert: a row replaces that of its key.',
    '# append and upsert need a key.',
    `mode: replace${note('cannot be seen in a sample; replace is the usual one')}`,
  ];
}

function dialectOf(sample: Sample, width: number): string[] {
  const { delimiter, quote, encoding, isAscii, hasQuotes } = sample;
  const split =
    width > 1
      ? `splits the rows into ${counted(width)} fields`
      : 'the file has one column, and this is nowhere in it';
  const coded =
    encoding === 'utf-8'
      ? isAscii
        ? 'there is nothing but ASCII in the sample'
        : 'the sample is UTF-8'
      : 'the sample is not UTF-8, and this is the usual other one: look whether é, ö and € come out right';
  return [
    `delimiter: ${quoted(delimiter)}${note(split)}`,
    `quote: ${quoted(quote)}${note(hasQuotes ? 'stands around fields of the sample' : 'the usual one; the sample begins without any')}`,
    `encoding: ${encoding}${note(coded)}`,
  ];
}

function nullsOf(nulls: ReadonlySet<string>, columns: Inferred[]): string[] {
  if (nulls.size === 0) return [];
  const found = columns
    .filter(({ profile, isText }) => !isText && profile.words.size > 0)
    .map(({ name, profile }) => `${name} (${plural(sum(profile.words.values()), 'value')})`);
  const shown = found.slice(0, 3).join(', ') + (found.length > 3 ? ', …' : '');
  const why = `in ${shown}, where all others are of one type; they mean "no value" in every column`;
  return [`nulls: [${[...nulls].map(quoted).join(', ')}]${note(why)}`];
}

function linesOf(column: Inferred, rows: number): string[] {
  const { name, alias, type, format, why, isRequired, missing } = column;
  const requiredWhy =
    rows === 0
      ? 'no row in the sample'
      : isRequired
        ? 'every row has a value'
        : `${counted(missing)} of ${rowsText(rows)} without a value`;
  return [
    `  - name: ${scalar(name)}`,
    ...(alias === undefined ? [] : [`    aliases: [${quoted(alias)}]${note('as the header writes it')}`]),
    `    type: ${type}${note(why)}`,
    ...(format === undefined ? [] : [`    formats: [${quoted(format)}]`]),
    `    required: ${isRequired}${note(requiredWhy)}`,
    ...suggestionsOf(column),
  ];
}

/** Rules that the sample keeps, for a person to take or leave. */
function suggestionsOf({ isText, profile, values }: Inferred): string[] {
  if (!isText || values < ENOUGH_ROWS) return [];
  const allowed = distinctValues(profile);
  if (allowed.length > 1 && allowed.length <= MOST_ALLOWED && values >= allowed.length * 5) {
    return [
      `    # one_of: [${allowed.map(quoted).join(', ')}]${note(`the only values in ${counted(values)} rows: take it if there are no others`)}`,
    ];
  }
  return profile.shortest === profile.longest && profile.words.size === 0
    ? [`    # length: ${profile.longest}${note('all values have it: take it if all must')}`]
    : [];
}

function keyOf(columns: Inferred[], rows: number): string[] {
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
        `${key}${note(`required, and ${counted(rows)} of ${counted(rows)} values are different; a repeated one makes a row invalid`)}`,
      ];
}

/** Dates in file names, the ones that can be told apart best first. */
const FILE_DATES = [
  'YYYYMMDD',
  'YYYY-MM-DD',
  'YYYY_MM_DD',
  'YYYY.MM.DD',
  'DDMMYYYY',
  'DD-MM-YYYY',
  'DD_MM_YYYY',
  'DD.MM.YYYY',
  'MMDDYYYY',
  'MM-DD-YYYY',
  'MM_DD_YYYY',
];
const TIME_OF_DAY = '(?:[T_-]?(?:[01]\\d|2[0-3])[-.:]?[0-5]\\d(?:[-.:]?[0-5]\\d)?)?';

interface FileDate {
  before: string;
  format: string;
  hasTime: boolean;
  after: string;
  /** Whether day and month may be the other way round. */
  isDoubtful: boolean;
}

function filesOf(file: string): string[] {
  const date = dateIn(file);
  const plain = (text: string) => text.replace(/[{}*]+/g, '*');
  const dot = file.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [file.slice(0, dot), file.slice(dot)] : [file, ''];
  const [before, between, after] = date
    ? [plain(date.before), `{date:${date.format}}${date.hasTime ? '*' : ''}`, plain(date.after)]
    : [plain(stem), '', plain(extension)];
  const doubt = date?.isDoubtful ? '; the day and the month may be the other way round' : '';
  const why = date
    ? `from the name of the sample: its digits are a date${doubt}`
    : 'the name of the sample; {date:YYYYMMDD} stands for a date: without one, the day on which it arrives counts';
  return [
    '# Which agency delivers it cannot be seen in a sample: put {agency} where the name says it, such as',
    `#   - ${quoted(withAgency(before, between, after))}`,
    'files:',
    `  - ${quoted(before + between + after)}${note(why)}`,
  ];
}

/** Where {agency} may stand: in the place of `Agency A`, or beside the date. */
function withAgency(before: string, between: string, after: string): string {
  const named = [before, between, after]
    .map((text) => text.replace(/agency[ _-][a-z0-9]+/i, '{agency}'))
    .join('');
  if (named !== before + between + after) return named;
  const separator = /[ ._-]$/.exec(before)?.[0] ?? '_';
  return between === '' ? `${before}_{agency}${after}` : `${before}{agency}${separator}${between}${after}`;
}

function dateIn(file: string): FileDate | undefined {
  for (const format of FILE_DATES) {
    const source = parseDateFormat(format)!.source.slice(1, -1);
    for (const match of file.matchAll(new RegExp(`(?<!\\d)${source}(?<time>${TIME_OF_DAY})(?!\\d)`, 'g'))) {
      const { year, month, day, time } = match.groups!;
      if (!isPlausible(`${year}-${month}-${day}`)) continue;
      return {
        before: file.slice(0, match.index),
        format,
        hasTime: time !== '',
        after: file.slice(match.index + match[0].length),
        isDoubtful: !format.startsWith('YYYY') && day !== month && isPlausible(`${year}-${day}-${month}`),
      };
    }
  }
  return undefined;
}

function isPlausible(day: string): boolean {
  return day >= '1990' && day < '2101' && isDay(day);
}

function nameOfFile(file: string): string {
  const date = dateIn(file);
  const stem = (date ? `${date.before}_${date.after}` : file).replace(/(?:\.(?:csv|tsv|txt|dat|psv))+$/i, '');
  const name = identifier(stem)
    .replace(/^(?=[^a-z])/, 'feed_')
    .replace(/_+$/, '');
  return name.slice(0, 31).replace(/_+$/, '') || 'feed';
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

function note(text: string): string {
  return ` # ${text}`;
}
