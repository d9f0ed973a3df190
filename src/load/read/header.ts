import { closest } from '../../closest.js';
import { TallyError } from '../../errors.js';
import type { Column, Feed } from '../../feeds/feed.js';

/** Which column each field of the file is, and how the header differed from the feed. */
export interface Header {
  fields: (Column | undefined)[];
  /** Whether the row that was looked at is the header, or a row already. */
  isRow: boolean;
  drift: { extra: string[]; absent: string[] };
}

const MOST_FIELDS = 4096;

/** What the first row of a file says about its columns; `count` is how many fields its rows have, if it has no header. */
export function readHeader(feed: Feed, names: readonly string[], count = names.length): Header {
  if (names.length > MOST_FIELDS) {
    throw new TallyError(
      'header_malformed',
      `The header has ${names.length} columns; expected ${MOST_FIELDS} at most.`,
    );
  }
  if (feed.header === 'none') return byPosition(feed, count);
  if (names.every((name) => columnNamed(feed, name) === undefined)) {
    if (feed.header === 'optional') return byPosition(feed, count);
    throw missingColumns(feed, feed.columns, names);
  }
  const header = byName(feed, names);
  const missing = feed.columns.filter((column) => column.required && !header.fields.includes(column));
  if (missing.length > 0) throw missingColumns(feed, missing, names);
  return header;
}

/** A file without a row: only its absence of columns can be told. */
export function emptyHeader(feed: Feed): Header {
  return { fields: [...feed.columns], isRow: true, drift: { extra: [], absent: [] } };
}

function byName(feed: Feed, names: readonly string[]): Header {
  const fields = names.map((name) => columnNamed(feed, name));
  const seen = new Map<string, number>();
  names.forEach((name, index) => {
    const key = fields[index]?.name ?? normal(name);
    const before = seen.get(key);
    if (before !== undefined) {
      const both =
        normal(names[before]!) === normal(name) ? 'twice' : `as \`${names[before]}\` and as \`${name}\``;
      throw new TallyError(
        'header_duplicate',
        `The header names ${key || 'a column without a name'} ${both} (columns ${before + 1} and ${index + 1}), so the file was refused.`,
        { hint: 'Which of the two is meant cannot be guessed: ask for a file that has each column once.' },
      );
    }
    seen.set(key, index);
  });
  return {
    fields,
    isRow: false,
    drift: {
      extra: names.filter((_, index) => fields[index] === undefined).map((name) => name.trim()),
      absent: feed.columns.filter((column) => !fields.includes(column)).map((column) => column.name),
    },
  };
}

/** Columns in the order of the feed; optional ones at its end may be left out. */
function byPosition(feed: Feed, count: number): Header {
  const needed = feed.columns.findLastIndex((column) => column.required) + 1;
  if (count < needed || count > feed.columns.length) {
    const expected = needed === feed.columns.length ? `${needed}` : `${needed} to ${feed.columns.length}`;
    const names = feed.columns.map((column) => column.name).join(', ');
    throw new TallyError(
      'header_malformed',
      `The first rows have ${count} fields; expected ${expected}: ${names}.`,
      {
        hint:
          count === 1
            ? `Is the delimiter \`${feed.delimiter}\`?`
            : 'Look at the feed and at the first line of the file.',
      },
    );
  }
  const absent = feed.columns.slice(count).map((column) => column.name);
  return { fields: feed.columns.slice(0, count), isRow: true, drift: { extra: [], absent } };
}

function columnNamed(feed: Feed, name: string): Column | undefined {
  const wanted = normal(name);
  return feed.columns.find((column) =>
    [column.name, ...column.aliases].some((each) => normal(each) === wanted),
  );
}

function normal(name: string): string {
  return name.trim().toLowerCase();
}

function missingColumns(feed: Feed, missing: Column[], names: readonly string[]): TallyError {
  const list = missing.map((column) => {
    const near = closest(column.name, names.map(normal));
    return near ? `${column.name} (the closest name in the header is \`${near}\`)` : column.name;
  });
  const seen =
    names
      .slice(0, 20)
      .map((name) => `\`${name.trim()}\``)
      .join(', ') + (names.length > 20 ? ', …' : '');
  const other = otherDelimiter(feed, names);
  return new TallyError(
    'header_missing_column',
    `The header lacks ${list.join(', ')}; it has ${seen}. The file was refused.`,
    {
      hint: other
        ? `The fields seem to be separated by \`${other}\`, and the feed says \`${feed.delimiter}\`.`
        : `Ask for the column, or give the name that is used as an alias in feeds/${feed.name}.yaml.`,
    },
  );
}

function otherDelimiter(feed: Feed, names: readonly string[]): string | undefined {
  if (names.length > 1) return undefined;
  return [';', ',', '\t', '|'].find((each) => each !== feed.delimiter && names[0]!.includes(each));
}
