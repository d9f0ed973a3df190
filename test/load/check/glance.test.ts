import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeFeed } from '../../feeds/making.js';
import type { Feed } from '../../../src/feeds/feed.js';
import { isCleanField } from '../../../src/load/read/blocks.js';
import { readHeader } from '../../../src/load/read/header.js';
import { valueOf, type Row } from '../../../src/load/read/row.js';
import { Scanner } from '../../../src/load/read/scan.js';
import { glanceAt, type GlanceOptions } from '../../../src/load/check/glance.js';
import { compileRows } from '../../../src/load/check/rows.js';
import { AS_IS, type Verdict } from '../../../src/load/check/verdict.js';

interface Seen {
  line: number;
  text: string;
  /** Undefined where a glance was enough. */
  verdict: Verdict | undefined;
  plain: boolean;
  /** Of a row whose places are told. */
  values?: string[] | undefined;
}

function optionsOf(lineEnd: string, maxRowBytes = 1024): GlanceOptions {
  return { lineEnd: Buffer.from(lineEnd), maxRowBytes, copyDelimiter: ',', asTheyStand: true };
}

/** What reader and check say of each row, with a glance or without. */
function read(feed: Feed, bytes: Buffer, glances: boolean, lineEnd = '\n', maxRowBytes = 1024): Seen[] {
  const header = readHeader(
    feed,
    feed.columns.map((column) => column.name),
  );
  const check = compileRows(feed, header);
  const seen: Seen[] = [];
  const dialect = { delimiter: Buffer.from(feed.delimiter), quote: 34, comment: undefined, maxRowBytes };
  const onRow = (row: Row) => {
    const text = row.bytes.toString('utf8', row.start, row.end);
    const values = Array.from({ length: row.count }, (_, i) => valueOf(row, i, 34).toString('utf8'));
    seen.push({ line: row.line, text, verdict: check.check(row), plain: row.plain, values });
  };
  const scanner = new Scanner(dialect, onRow);
  scanner.expected = feed.columns.length;
  const glance = glanceAt(feed, check, optionsOf(lineEnd, maxRowBytes));
  if (glances) {
    scanner.handOver(onRow, {
      glance,
      onRows(block, start, end, line) {
        const { count, isPlaced, isQuoted, starts, ends } = glance!;
        const texts = block.toString('utf8', start, end).split(lineEnd).slice(0, -1);
        expect(texts).toHaveLength(count);
        const values = isPlaced
          ? feed.columns.map((_, i) => block.toString('utf8', starts[i], ends[i]))
          : undefined;
        for (const [i, text] of texts.entries())
          seen.push({ line: line + i, text, verdict: undefined, plain: !isPlaced || !isQuoted, values });
      },
    });
  }
  scanner.scan(bytes, 0, bytes.length, true, isCleanField(bytes, 'utf-8'));
  return seen;
}

const FEED = makeFeed([
  'whole integer!',
  'price numeric(5,2)',
  'note text',
  'code varchar(3)!',
  'day date',
  'at timestamp',
  'large bigint',
]);

const values = [
  fc.constantFrom('7', '-12', '+3', '', '-', ' 8 ', '2147483647', '2147483648', '1234567890', '1e3', '٣'),
  fc.constantFrom('1.25', '-0.5', '999.99', '1000', '1.255', '1.250', '.5', '5.', '', '1,5', ' 2.5'),
  fc.constantFrom('text', '', ' ', 'ä€😀', 'a\\b', '"quoted"', 'a"b', 'NUL\0', 'a\rb', '\u00a0'),
  fc.constantFrom('abc', 'ab', '', 'abcd', 'äöü', 'äöüß', 'a\\'),
  fc.constantFrom('2026-11-21', '2026-02-29', '2024-02-29', '', ' 2026-11-21', '21.11.2026'),
  fc.constantFrom('2026-11-21 10:00:00', '2026-11-21T10:00Z', '', '2026-11-21 25:00:00', '2026-11-21'),
  fc.constantFrom('9223372036854775807', '9223372036854775808', '1', '', '-5', '99999999999'),
];
const row = fc
  .tuple(fc.nat({ max: 9 }), ...values)
  .map(([nth, ...fields]) => fields.map((value, i) => (i === nth ? `"${value}"` : value)).join(','));
const oddRow = fc.oneof(
  { weight: 8, arbitrary: row },
  { weight: 1, arbitrary: fc.constantFrom('', ',', '1,2', '\n', '1,,,abc,,,,', '"1",,,abc,,,') },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

describe('a glance', () => {
  test('changes nothing: the rows that it vouches for are read the same without it, and valid as they stand', () => {
    let glanced = 0;
    let others = 0;
    fc.assert(
      fc.property(
        fc.array(oddRow, { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (rows, lineEnd, ends) => {
          const bytes = Buffer.from(rows.join(lineEnd) + (ends ? lineEnd : ''));
          const without = read(FEED, bytes, false);
          const having = read(FEED, bytes, true, lineEnd);
          expect(having.map(({ line, text }) => ({ line, text }))).toEqual(
            without.map(({ line, text }) => ({ line, text })),
          );
          for (const [i, seen] of having.entries()) {
            if (seen.verdict !== undefined) {
              expect(seen).toEqual(without[i]);
              others++;
              continue;
            }
            glanced++;
            const { verdict, plain, values } = without[i]!;
            expect({ verdict, plain }).toEqual({ verdict: AS_IS, plain: seen.plain });
            if (seen.values) expect(seen.values).toEqual(values);
            for (const value of values!) expect(value).not.toMatch(/[\\"\r\n,]/);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(glanced).toBeGreaterThan(100);
    expect(others).toBeGreaterThan(100);
  });

  test.each(['\n', '\r\n'])('is enough for every plain row that ends with %j', (lineEnd) => {
    const rows = [
      '7,1.25,some text,abc,2026-11-21,2026-11-21 10:00:00.5+01,9223372036854775807',
      '-2147483648,,,ä€,,,',
      ' 8 ,-999.99,a b,x,2026-12-31,2026-12-31T23:59Z,-1',
    ];
    const quoted = rows[0]!
      .split(',')
      .map((value) => `"${value}"`)
      .join(',');
    rows.push(quoted);
    const seen = read(FEED, Buffer.from(rows.map((each) => each + lineEnd).join('')), true, lineEnd);
    expect(seen.at(-1)!.values).toEqual(rows[0]!.split(','));
    expect(seen.map(({ text, verdict }) => [text, verdict])).toEqual(rows.map((each) => [each, undefined]));
  });

  test('asks the rules of a column', () => {
    const feed = makeFeed([{ name: 'rating', type: 'integer', max: 5 }]);
    const seen = read(feed, Buffer.from('5\n6\n'), true);
    expect(seen.map(({ verdict }) => verdict)).toEqual([undefined, 0]);
  });

  test('leaves an empty line to the reader, also where a row has one field', () => {
    const feed = makeFeed(['note text']);
    const seen = read(feed, Buffer.from('a\n\nb\n'), true);
    expect(seen.map(({ line, text }) => [line, text])).toEqual([
      [1, 'a'],
      [3, 'b'],
    ]);
  });

  test('leaves a row that is too long to the reader, which refuses it', () => {
    const feed = makeFeed(['note text']);
    expect(() => read(feed, Buffer.from(`a\n${'b'.repeat(40)}\n`), true, '\n', 30)).toThrow(
      'Line 2 is longer than 30 bytes',
    );
  });

  test.each([
    ['words for null', { nulls: ['-'] }],
    ['comments', { comment: '#' }],
    ['a delimiter of several characters', { delimiter: '||' }],
    ['rules over several columns', { columns: ['a integer', 'b integer'], rules: [{ check: 'a <= b' }] }],
    ['a default', { columns: [{ name: 'a', type: 'integer', default: 1 }] }],
    ['a rule that only warns', { columns: [{ name: 'a', type: 'integer', max: 1, warn: ['max'] }] }],
  ])(
    'is not had where rows need a closer look: %s',
    (_, { columns = ['a integer'], ...rest }: object & { columns?: (string | object)[] }) => {
      const feed = makeFeed(columns, rest);
      const check = compileRows(feed, { fields: feed.columns });
      expect(glanceAt(feed, check, optionsOf('\n'))).toBeUndefined();
      const plain = makeFeed(['a integer']);
      const plainCheck = compileRows(plain, { fields: plain.columns });
      expect(glanceAt(plain, plainCheck, optionsOf('\n'))).toBeDefined();
      expect(glanceAt(plain, plainCheck, optionsOf('\r'))).toBeUndefined();
    },
  );
});
