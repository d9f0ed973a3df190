import { stringify } from 'yaml';
import { readFeed, type Feed } from '../../src/feeds/feed.js';

/** A feed that has gone through its schema: `id integer` is a column, and so is `{ name: id, type: integer }`. */
export function makeFeed(columns: readonly (string | object)[], rest: object = {}): Feed {
  const read = readFeed(
    'feeds/things.yaml',
    stringify({
      title: 'Things, one row for each.',
      files: ['things.csv'],
      mode: 'replace',
      columns: columns.map((column) => (typeof column === 'string' ? columnOf(column) : column)),
      ...rest,
    }),
  );
  if ('feed' in read) return read.feed;
  throw new Error(read.faults.map((fault) => fault.message).join('\n'));
}

/** `id integer!` is required. */
function columnOf(text: string): object {
  const [name, type] = text.split(/ (.*)/);
  return { name, type: type!.replace('!', ''), required: type!.endsWith('!') };
}
