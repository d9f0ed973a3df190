import { makeFeed } from '../feeds/making.js';
import type { Feed } from '../../src/feeds/feed.js';
import type { Dice } from './dice.js';
import { KINDS, type Kind } from './kinds.js';

/** A feed and its kinds of columns, made by chance. */
export interface MadeFeed {
  feed: Feed;
  kinds: readonly Kind[];
  /** TALLY_MAX_ROW_BYTES of its loads. */
  maxRowBytes: number;
}

export function makeAnyFeed(dice: Dice): MadeFeed {
  const kinds = dice.many(1, dice.pick([1, 2, 4, 6]), () => dice.pick(KINDS));
  const columns = kinds.map((kind, i) => ({
    name: `c${i}`,
    type: kind.type,
    ...kind.rest,
    required: dice.chance(0.4),
    ...(dice.chance(0.15) ? { aliases: [`Name ${i}`, `c_${i}`] } : {}),
    ...(kind.fallback && dice.chance(0.15) ? { default: dice.pick(kind.fallback) } : {}),
  }));
  const quote = dice.pick(['"', '"', '"', '"', '"', "'", '|', '$']);
  const delimiters = [',', ',', ',', ';', '\t', '|', '||', ', ', '::', '§', ' ', 'aa'];
  const delimiter = dice.pick(delimiters.filter((each) => !each.includes(quote)));
  const comments = ['#', '//', 'a'].filter((each) => !each.startsWith(delimiter));
  const comparable = kinds.flatMap((kind, i) => (kind.comparable ? [`c${i}`] : []));
  const feed = makeFeed(columns, {
    delimiter,
    quote,
    encoding: dice.pick(['utf-8', 'utf-8', 'utf-8', 'latin1', 'windows-1252']),
    header: dice.pick(['required', 'required', 'required', 'none', 'optional']),
    nulls: dice.pick([[], [], ['NULL'], ['-', '\\N'], ['a', 'n/a']]),
    ...(dice.chance(0.15) ? { comment: dice.pick(comments) } : {}),
    ...(comparable.length > 0 && dice.chance(0.2) ? { unique: [[dice.pick(comparable)]] } : {}),
    guards: { max_invalid_percent: 100, min_rows_percent: 0, empty: 'allow' },
  });
  return { feed, kinds, maxRowBytes: dice.chance(0.15) ? dice.between(30, 300) : 1024 * 1024 };
}
