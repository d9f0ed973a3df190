import assert from 'node:assert/strict';
import { makeFeed } from '../feeds/making.js';
import type { Dice } from './dice.js';
import { rowAt, type Signs } from './oracle/shapes.js';
import { count, type Tally } from './pure.js';
import { readActual, type ActualRow } from './reading.js';
import { repairsOf, type Repair } from './repairs.js';

const ROWS = 100;
const MAX_ROW_BYTES = 1024 * 1024;

/** A file of a hundred rows, of which one has got a stray quote, or a delimiter too many or too few. */
export interface BrokenFile {
  file: Buffer;
  width: number;
  signs: Signs;
  place: number;
  rows: string[];
  damaged: string;
}

export function makeBrokenFile(dice: Dice): BrokenFile {
  const signs = {
    delimiter: dice.pick([',', ',', ';', '\t', '||']),
    quote: dice.pick(['"', '"', "'"]),
    comment: undefined,
    maxRowBytes: MAX_ROW_BYTES,
  };
  const width = dice.between(1, 5);
  const lineEnd = dice.pick(['\n', '\n', '\r\n', '\r']);
  // From tame texts to such as begin and end with what stands around fields.
  const units = dice.pick([
    ['a', 'b c', '1'],
    ['a', '1', ' ', signs.delimiter],
    ['a', '1', signs.delimiter, signs.quote, lineEnd],
    ['a', signs.delimiter, signs.quote, lineEnd],
  ]);
  const quoted = dice.pick([0.1, 0.5, 1]);
  const cell = () => {
    const value = dice.many(0, 6, () => dice.pick(units)).join('');
    const needs = [signs.quote, '\n', '\r', ...signs.delimiter].some((each) => value.includes(each));
    return needs || dice.chance(quoted) ? inQuotes(value, signs.quote) : value;
  };
  const rows = Array.from({ length: ROWS }, () => {
    const row = Array.from({ length: width }, cell).join(signs.delimiter);
    return row === '' ? signs.quote + signs.quote : row;
  });
  const place = dice.between(0, ROWS - 1);
  const damaged = damage(dice, rows[place]!, signs);
  const lines = rows.with(place, damaged);
  return {
    file: Buffer.from(lines.map((row) => row + lineEnd).join(''), 'latin1'),
    width,
    signs,
    place,
    rows,
    damaged,
  };
}

function inQuotes(value: string, quote: string): string {
  return `${quote}${value.replaceAll(quote, quote + quote)}${quote}`;
}

function damage(dice: Dice, row: string, { delimiter, quote }: Signs): string {
  const places = [...Array(row.length).keys()].filter((at) => row.startsWith(delimiter, at));
  const at = dice.between(0, row.length);
  const kind = dice.between(0, 3);
  if (kind === 0) return `${row.slice(0, at)}${delimiter}${row.slice(at)}`;
  if (kind > 1 || places.length === 0) return `${row.slice(0, at)}${quote}${row.slice(at)}`;
  const missing = dice.pick(places);
  return row.slice(0, missing) + row.slice(missing + delimiter.length);
}

/**
 * Exactly the broken row is invalid, wherever it can be told which one that is; else exactly one of those that may
 * be it.
 */
export async function checkBroken(
  { file, width, signs, place, rows, damaged }: BrokenFile,
  tally: Tally,
): Promise<void> {
  const text = file.toString('latin1');
  if (damaged === '') return count(tally, 'damaged rows of which nothing is left');
  const alone = rowAt(damaged, 0, signs);
  if (alone.end === damaged.length && alone.fields?.length === width)
    return count(tally, 'damaged rows that are right by themselves');
  const repairs = repairsOf(text, width, signs);
  const told: Repair = { before: rows.slice(0, place), broken: damaged, behind: rows.slice(place + 1) };
  assert.ok(
    repairs.some((each) => isSame(each, told)),
    'the oracle finds the repair that was the damage',
  );
  const feed = makeFeed(
    Array.from({ length: width }, (_, i) => `c${i} text`),
    { header: 'none', delimiter: signs.delimiter, quote: signs.quote },
  );
  const actual = (await readActual(feed, file, MAX_ROW_BYTES)).rows;
  const explained = repairs.some((each) => explains(each, actual));
  // Where the first line of the broken row is a right row, it is loaded as one; who reads on does not look back.
  const beginsRight = repairs.some(
    ({ broken }) => rowAt(broken.split(/[\r\n]/)[0]!, 0, signs).fields?.length === width,
  );
  if (beginsRight && !explained)
    return count(tally, 'broken rows that begin with a right line, and cost others');
  const what = /[\r\n]/.test(damaged) ? 'broken rows of several lines' : 'broken rows';
  count(tally, repairs.length > 1 ? 'broken rows of which nobody can tell which' : what);
  assert.ok(
    explained,
    `${JSON.stringify(damaged)} is broken (or is one of ${repairs.length}), invalid are ${JSON.stringify(invalid(actual))}`,
  );
}

function isSame(left: Repair, right: Repair): boolean {
  return JSON.stringify([left.before, left.behind]) === JSON.stringify([right.before, right.behind]);
}

function invalid(actual: ActualRow[]): string[] {
  return actual.filter(({ reasons }) => reasons.length > 0).map(({ raw }) => raw);
}

/**
 * Whether the rows are those before the broken one, the broken one in pieces, and those behind it. A row of one
 * line has one piece, which is invalid; of one with several lines each may be a row, and at least one is invalid.
 */
function explains({ before, broken, behind }: Repair, actual: ActualRow[]): boolean {
  const pieces = actual.slice(before.length, actual.length - behind.length);
  const others = [...actual.slice(0, before.length), ...actual.slice(before.length + pieces.length)];
  const bare = (text: string) => text.replaceAll(/[\r\n]/g, '');
  return (
    JSON.stringify(others.map(({ raw }) => raw)) === JSON.stringify([...before, ...behind]) &&
    invalid(others).length === 0 &&
    invalid(pieces).length > 0 &&
    bare(pieces.map(({ raw }) => raw).join('')) === bare(broken)
  );
}
