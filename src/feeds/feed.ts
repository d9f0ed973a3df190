import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from '../closest.js';
import { TallyError } from '../errors.js';
import { parsePattern, type Pattern } from './pattern.js';
import { feedSchema, parseRowRule, type FeedFile } from './schema.js';
import { parseType, type ColumnType } from './type.js';
import { faultText, readText, readYaml, type Fault } from './yaml.js';

export interface Column extends Omit<FeedFile['columns'][number], 'type'> {
  type: ColumnType;
}

export interface RowRule {
  text: string;
  left: string;
  operator: string;
  right: string;
  severity: 'invalid' | 'warn';
}

export interface Feed extends Omit<FeedFile, 'columns' | 'files' | 'rules' | 'key'> {
  /** Its name, which is also the name of its table: that of its file in feeds/. */
  name: string;
  patterns: Pattern[];
  columns: Column[];
  rules: RowRule[];
  key: string[] | undefined;
}

/**
 * A keyed table says of each row on which line of its delivery it stands: that tells repeated rows apart, and
 * is the order of the file.
 */
export function hasLineNumbers(feed: Feed): boolean {
  return feed.key !== undefined || feed.unique.length > 0;
}

/** Rows of several loads lie in one table, so each says which load brought it. */
export function hasLoadIds(feed: Feed): boolean {
  return feed.mode !== 'replace';
}

/** How the bytes of rows are encoded where they are checked and copied: UTF-16 becomes UTF-8 when it is read. */
export function rowEncoding({ encoding }: Feed): Exclude<Feed['encoding'], 'utf-16'> {
  return encoding === 'utf-16' ? 'utf-8' : encoding;
}

/** The groups of columns that may not repeat within a delivery. */
export function uniqueGroups(feed: Feed): string[][] {
  return [...(feed.key ? [feed.key] : []), ...feed.unique];
}

/** What becomes the name of a table, with room for an agency's key behind it. */
export const FEED_NAME = /^[a-z][a-z0-9_]{0,30}$/;

/** Names that the warehouse has taken for relations of its own. */
export const TAKEN_NAMES = [
  'barcode_duplicate',
  'barcode_summary',
  'customer_message',
  'error_message',
  'file_invalid_rows',
  'invalid_summary',
  'load_history',
  'open_reason',
  'order_error',
  'order_summary',
  'order_without_barcode',
  'processed_order',
  'rating_aggregate',
  'rating_history',
  'top_customer',
  'unused_barcode',
];

export function readFeeds(workspace: string): { feeds: Feed[]; faults: Fault[] } {
  const folder = join(workspace, 'feeds');
  const feeds: Feed[] = [];
  const faults: Fault[] = [];
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /\.ya?ml$/.test(file)) : [];
  for (const file of files.sort()) {
    const found = readText(`feeds/${file}`, join(folder, file));
    const read = 'faults' in found ? found : readFeed(`feeds/${file}`, found.text);
    if ('faults' in read) faults.push(...read.faults);
    else if (feeds.some(({ name }) => name === read.feed.name))
      faults.push({
        file: `feeds/${file}`,
        line: 1,
        message: `expected one file for ${read.feed.name}, got another`,
      });
    else feeds.push(read.feed);
  }
  return { feeds, faults };
}

/** All feeds of a workspace, or one error that lists every fault of every file. */
export function loadFeeds(workspace: string): Feed[] {
  const { feeds, faults } = readFeeds(workspace);
  if (faults.length > 0) {
    throw new TallyError('feed_invalid', `The feeds cannot be used:\n${faults.map(faultText).join('\n')}`, {
      hint: 'docs/feeds.md explains each word; `tally feeds check` looks again.',
    });
  }
  return feeds;
}

export function readFeed(file: string, text: string): { feed: Feed } | { faults: Fault[] } {
  const name = file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  if (!FEED_NAME.test(name) || TAKEN_NAMES.includes(name)) {
    const expected = TAKEN_NAMES.includes(name)
      ? `expected another file name: ${name} is a relation of the warehouse`
      : 'expected a file name of lower-case letters, digits and _, 31 at most: it becomes the name of the table';
    return { faults: [{ file, line: 1, message: expected }] };
  }
  const read = readYaml(file, text, feedSchema);
  return 'value' in read ? { feed: feedOf(name, read.value) } : read;
}

export function findFeed(feeds: Feed[], name: string): Feed {
  const found = feeds.find((feed) => feed.name === name);
  if (found) return found;
  const names = feeds.map((feed) => feed.name);
  const near = closest(name, names);
  throw new TallyError('unknown_feed', `There is no feed ${name}${near ? `; did you mean ${near}?` : '.'}`, {
    hint: `Feeds of this workspace: ${names.join(', ') || 'none'}.`,
  });
}

function feedOf(name: string, file: FeedFile): Feed {
  const { files, rules, columns, key, ...rest } = file;
  return {
    ...rest,
    name,
    key,
    patterns: files.map(checkedPattern),
    columns: columns.map((column) => ({ ...column, type: parseType(column.type)! })),
    rules: rules.flatMap(({ check, severity }) =>
      severity === 'off' ? [] : [{ text: check, severity, ...parseRowRule(check)! }],
    ),
  };
}

/** A pattern that the schema has let through. */
export function checkedPattern(text: string): Pattern {
  const pattern = parsePattern(text);
  if ('fault' in pattern) throw new Error(pattern.fault);
  return pattern;
}
