import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { errorCode } from './refusals.js';
import type { Dice } from './dice.js';
import type { Feed } from '../../src/feeds/feed.js';
import { expectOf, type Expected, type Refused } from './oracle/expect.js';
import { readActual, scanActual, type Actual } from './reading.js';

/** A feed, and TALLY_MAX_ROW_BYTES of its loads. */
export interface Made {
  feed: Feed;
  maxRowBytes: number;
}

export type Fate = (Expected & { refused?: undefined }) | Refused;

/** The number of files, rows and so on that were looked at, so that a run can say what it has seen. */
export type Tally = Record<string, number>;

export function count(tally: Tally, what: string, by = 1): void {
  tally[what] = (tally[what] ?? 0) + by;
}

/**
 * The stage without a database: what is read and judged is what the oracle and csv-parse say, and the same
 * wherever the file is cut into blocks. Gives back what is expected of a load of the file.
 */
export async function checkReading(made: Made, file: Buffer, dice: Dice, tally: Tally): Promise<Fate> {
  const { feed, maxRowBytes } = made;
  const actual = await readActual(feed, file, maxRowBytes).catch(errorCode);
  const expected = expectOf(feed, file, maxRowBytes, givesUpAs(actual));
  if (typeof actual === 'string' || 'refused' in expected) {
    assert.ok('refused' in expected, `refused: ${String(actual)}, expected to be read`);
    assert.ok(typeof actual === 'string', `read, expected to be refused: ${expected.refused.join(', ')}`);
    assert.ok(
      expected.refused.includes(actual),
      `refused: ${actual}, expected ${expected.refused.join(' or ')}`,
    );
    count(tally, `refused: ${actual}`);
    return expected;
  }
  assert.deepEqual(actual.header.fields, expected.columns, 'columns of the file');
  assert.deepEqual(
    actual.rows,
    expected.rows.map(({ line, raw, reasons }) => ({ line, raw, reasons: withoutRepeated(reasons) })),
    'rows and reasons',
  );
  checkAgainstCsvParse(made, file, expected, tally);
  await checkBorders(made, file, actual, dice, tally);
  count(tally, 'rows', expected.rows.length);
  count(tally, 'rows invalid', expected.rows.filter(({ reasons }) => reasons.length > 0).length);
  count(tally, 'rows whose first line was given up', expected.overruled);
  return expected;
}

function givesUpAs(actual: Actual | string): (line: number, firstLine: string) => boolean {
  if (typeof actual === 'string') return () => false;
  const raws = new Map(actual.rows.map((row) => [row.line, row.raw]));
  return (line, firstLine) => raws.get(line) === firstLine;
}

/** Repeated keys are found by the database alone. */
function withoutRepeated(reasons: string[]): string[] {
  return reasons.filter((reason) => !reason.endsWith(':unique'));
}

/** csv-parse, given the same file, finds the same fields; where quotes do not work out it is given the other rows. */
function checkAgainstCsvParse({ feed }: Made, file: Buffer, expected: Expected, tally: Tally): void {
  const rows = expected.rows.filter(({ fields }) => fields !== undefined);
  const options = {
    delimiter: Buffer.from(feed.delimiter, feed.encoding === 'utf-8' ? 'utf8' : 'latin1'),
    quote: feed.quote,
    escape: feed.quote,
    encoding: 'latin1' as const,
    relax_column_count: true,
  };
  const fields = rows.map((row) => row.fields);
  const joined = Buffer.from(rows.map((row) => `${row.raw}\n`).join(''), 'latin1');
  assert.deepEqual(
    parse(joined, { ...options, record_delimiter: '\n' }),
    fields,
    'fields, as csv-parse finds them',
  );
  if (rows.length < expected.rows.length || feed.comment !== undefined || expected.overruled > 0) return;
  const start = file.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  const whole = parse(file.subarray(start), {
    ...options,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
  });
  const withHeader = feed.header === 'none' || whole.length === rows.length ? 0 : 1;
  assert.deepEqual(whole.slice(withHeader), fields, 'the whole file, as csv-parse reads it');
  count(tally, 'files that csv-parse reads whole');
}

/** Up to this size one file in four is cut in two at every byte; the others, and longer ones, at some places. */
const EVERY_BORDER = 300;
const SOME_BORDERS = 8;
/** Longer ones are cut into a few blocks. */
const LONG_BYTES = 100_000;

async function checkBorders(
  made: Made,
  file: Buffer,
  actual: Actual,
  dice: Dice,
  tally: Tally,
): Promise<void> {
  const { feed, maxRowBytes } = made;
  const start = file.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  const content = file.subarray(start);
  // The width that the reader expects of the first row is its own affair: only that it is the same counts here.
  const widths = [
    feed.header === 'required' ? 0 : actual.header.fields.length,
    actual.header.fields.length,
  ] as const;
  const scan = (borders: number[]) => scanActual(feed, content, maxRowBytes, widths, borders);
  const whole = scan([]);
  const check = (borders: number[]) => {
    count(tally, 'cuts into blocks');
    const cut = scan(borders);
    if (cut.length !== whole.length || cut.some((each, i) => each !== whole[i]))
      assert.fail(`with borders at ${borders.slice(0, 20).join(', ')} the rows are others`);
  };
  if (content.length > LONG_BYTES) {
    const place = () => dice.between(1, content.length - 1);
    for (let i = 0; i < SOME_BORDERS; i++) check(dice.many(1, 5, place).sort((a, b) => a - b));
    return;
  }
  const places = Array.from({ length: Math.max(0, content.length - 1) }, (_, i) => i + 1);
  const thoroughly = dice.chance(0.25);
  const some = () => dice.many(SOME_BORDERS, SOME_BORDERS, () => dice.pick(places));
  const alone = places.length === 0 ? [] : thoroughly && content.length <= EVERY_BORDER ? places : some();
  for (const place of alone) check([place]);
  check(places.length <= 2000 ? places : places.filter((place) => place % 7 === 0));
  check(places.filter((place) => place % 3 === 0));
  check(places.filter(() => dice.chance(0.1)));

  if (!thoroughly) return;
  const reads = dice.many(1, 12, () => dice.between(1, Math.max(1, file.length / 3)));
  const cut = await readActual(feed, file, maxRowBytes, [64, ...reads]);
  assert.deepEqual(cut.rows, actual.rows, `rows and reasons with reads of 64, ${reads.join(', ')} bytes`);
}
