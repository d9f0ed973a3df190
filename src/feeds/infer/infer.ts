import { filesOf } from './fileNames.js';
import { basename } from 'node:path';
import { unpackedName } from '../../content/container.js';
import { TallyError } from '../../errors.js';
import { grouped } from '../../grouped.js';
import { FEED_NAME, readFeed } from '../feed.js';
import { differsFrom, guess, isName, nullWords } from './guess.js';
import { identifier, nameColumns, nameOfFile } from './names.js';
import { Profile } from './profile.js';
import { openSample, readRows, type Sample, type Survey } from './sample.js';
import {
  type Inferred,
  KEY_NAME,
  linesOf,
  note,
  titleOf,
  about,
  modeOf,
  dialectOf,
  nullsOf,
  keyOf,
} from './text.js';
import { quoted, shortened } from './words.js';

export interface InferredFeed {
  name: string;
  yaml: string;
  /** From how many rows it was guessed. */
  rows: number;
}

/** A table of PostgreSQL has 1,600 columns at most, and Tallyhouse adds some of its own. */
const MOST_COLUMNS = 1590;

interface Header {
  isThere: boolean;
  why: string;
}

/** Writes a feed from a sample, and beside each guess what it was guessed from. The same file gives the same feed. */
export async function inferFeed(path: string, name = nameOfFile(unpackedName(basename(path)))): Promise<InferredFeed> {
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
    ...filesOf(unpackedName(basename(path))),
    ...modeOf(),
    `header: ${header.isThere ? 'required' : 'none'}${note(header.why)}`,
    ...dialectOf(sample, first.length),
    ...nullsOf(nulls, columns),
    'columns:',
    ...columns.flatMap((column) => linesOf(column, nulls, rows)),
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
    `The first row of ${path} has ${grouped(count)} fields; expected ${grouped(MOST_COLUMNS)} at most: a table takes no more.`,
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
