import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeFeed } from '../../feeds/making.js';
import { rowEncoding, type Feed } from '../../../src/feeds/feed.js';
import { readHeader } from '../../../src/load/read/header.js';
import { isCleanField } from '../../../src/load/read/blocks.js';
import { Scanner } from '../../../src/load/read/scan.js';
import { compileRows, type Warning } from '../../../src/load/check/rows.js';
import { summaryOf, type Reason } from '../../../src/load/check/reasons.js';
import { AS_IS, INVALID, REWRITE, type Verdict } from '../../../src/load/check/verdict.js';

interface Checked {
  verdict: Verdict;
  reasons: Reason[];
}

/** What becomes of the rows of a file whose header is `names`, or all columns of the feed. */
function check(feed: Feed, content: string | Buffer, names = feed.columns.map((column) => column.name)) {
  const header = readHeader(feed, names);
  const compiled = compileRows(feed, header);
  const found: Checked[] = [];
  const dialect = {
    delimiter: Buffer.from(feed.delimiter),
    quote: feed.quote.charCodeAt(0),
    comment: undefined,
    maxRowBytes: 1024 * 1024,
  };
  const scanner = new Scanner(dialect, (row) =>
    found.push({ verdict: compiled.check(row), reasons: compiled.reasons(row) }),
  );
  scanner.expected = names.length;
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  scanner.scan(bytes, 0, bytes.length, true, isCleanField(bytes, rowEncoding(feed)));
  return { rows: found, warnings: compiled.warnings() };
}

const verdicts = (feed: Feed, content: string | Buffer, names?: string[]) =>
  check(feed, content, names).rows.map((row) => row.verdict);
const summaries = (feed: Feed, content: string | Buffer, names?: string[]) =>
  check(feed, content, names).rows.map((row) => summaryOf(row.reasons));

describe('rows that are handed on as they are', () => {
  const feed = makeFeed(['id integer!', 'name text', 'day date']);

  test('have values that PostgreSQL reads', () => {
    expect(verdicts(feed, '1,a,2021-03-01\n 2 ,"b ""c""",\n"3","",\n')).toEqual([AS_IS, AS_IS, AS_IS]);
    expect(verdicts(feed, 'a,x,1\n', ['name', 'more', 'id'])).toEqual([AS_IS]);
  });

  test.each([
    ['a null word', makeFeed(['id integer', 'name text'], { nulls: ['NULL'] }), ['id', 'name'], '1,NULL\n'],
    ['blanks where a number could be', makeFeed(['id integer', 'name text']), ['id', 'name'], ' ,a\n'],
    [
      'a default',
      makeFeed(['id integer', { name: 'name', type: 'text', default: 'x' }]),
      ['id', 'name'],
      '1,\n',
    ],
    [
      'a time in another format',
      makeFeed(['id integer', { name: 'at', type: 'timestamp', formats: ['epoch'] }]),
      ['id', 'at'],
      '1,0\n',
    ],
  ])('are written anew if there is %s', (_, given, names, content) => {
    expect(verdicts(given, content, names)).toEqual([REWRITE]);
  });
});

describe('reasons', () => {
  const feed = makeFeed([
    { name: 'id', type: 'integer', required: true, min: 1 },
    { name: 'name', type: 'varchar(5)', required: true, pattern: '[a-z]+' },
    { name: 'status', type: 'text', one_of: ['new', 'old'] },
  ]);

  test.each([
    ['x,abc,new', 'id: expected an integer, got `x`'],
    ['0,abc,new', 'id: expected at least 1, got `0`'],
    [',abc,new', 'id: expected a value, got none'],
    [' ,abc,new', 'id: expected a value, got none'],
    ['1,"",new', 'name: expected a value, got none'],
    ['1,abcdef,new', 'name: expected 5 characters at most, got `abcdef`'],
    ['1,ABC,new', 'name: expected a value that matches [a-z]+, got `ABC`'],
    ['1,abc,lost', 'status: expected one of new, old, got `lost`'],
    ['1,abc," new"', 'status: expected one of new, old, got ` new`'],
    ['1,abc', 'expected 3 fields, got 2'],
    ['1,abc,new,', 'expected 3 fields, got 4'],
    ['1,a"c,new', 'expected no quote inside an unquoted field, got one in field 2'],
    ['1,"a"c,new', 'expected a delimiter after a closing quote, got text in field 2'],
    ['1,abc,"new', 'expected every quote to be closed, got one that is not in field 3'],
    [
      '-5,ABCDEF,lost',
      'id: expected at least 1, got `-5`; name: expected 5 characters at most, got `ABCDEF`; status: expected one of new, old, got `lost`',
    ],
    ['1,"A""B",new', 'name: expected a value that matches [a-z]+, got `A"B`'],
  ])('%s: %s', (row, summary) => {
    const [{ verdict, reasons }] = check(feed, `${row}\n`).rows as [Checked];
    expect(verdict).toBe(INVALID);
    expect(summaryOf(reasons)).toBe(summary);
  });

  test('name column, value and rule', () => {
    const [{ reasons }] = check(feed, 'x,,lost\n').rows as [Checked];
    expect(reasons).toEqual([
      { column: 'id', value: 'x', rule: 'type', message: 'expected an integer, got `x`' },
      { column: 'name', value: null, rule: 'required', message: 'expected a value, got none' },
      { column: 'status', value: 'lost', rule: 'one_of', message: 'expected one of new, old, got `lost`' },
    ]);
    expect(check(feed, '1,a\n').rows[0]!.reasons).toEqual([
      { column: null, value: null, rule: 'fields', message: 'expected 3 fields, got 2' },
    ]);
    expect(check(feed, ' \t,abc,\n').rows[0]!.reasons).toMatchObject([
      { column: 'id', value: ' \t', rule: 'required' },
    ]);
  });

  test('show bytes that are not of the encoding', () => {
    const bytes = Buffer.concat([
      Buffer.from('1,abc,"n'),
      Buffer.from([0xff]),
      Buffer.from('w"\n1,abc,n\0w\n'),
    ]);
    expect(summaries(feed, bytes)).toEqual([
      'status: expected utf-8, got bytes that are not: `n\\xffw`',
      'status: expected a text without NUL, got `n\\x00w`',
    ]);
  });

  test('bytes in a column that the feed does not know do no harm', () => {
    const bytes = Buffer.concat([Buffer.from('1,abc,new,'), Buffer.from([0xff, 0]), Buffer.from('\n')]);
    expect(verdicts(feed, bytes, ['id', 'name', 'status', 'extra'])).toEqual([AS_IS]);
  });
});

describe('words for null', () => {
  const feed = makeFeed(['id integer', 'name text!', 'city text'], { nulls: ['NULL', '-', '"'] });

  test('are missing values, quoted or not, in every type', () => {
    expect(verdicts(feed, 'NULL,a,-\n"-",a,"NULL"\n1,a,""""\n')).toEqual([REWRITE, REWRITE, REWRITE]);
    expect(summaries(feed, '1,NULL,x\n')).toEqual(['name: expected a value, got none']);
  });

  test('are only what the feed declares, as it is written', () => {
    expect(summaries(feed, 'null,a,b\n NULL,a,b\n')).toEqual([
      'id: expected an integer, got `null`',
      'id: expected an integer, got ` NULL`',
    ]);
    expect(verdicts(feed, '1,null,\\N\n')).toEqual([AS_IS]);
  });

  test('are read in the encoding of the file', () => {
    const latin1 = makeFeed(['id integer', 'name text'], { nulls: ['—', 'é'], encoding: 'windows-1252' });
    expect(verdicts(latin1, Buffer.from([0x31, 0x2c, 0x97, 0x0a, 0x31, 0x2c, 0xe9, 0x0a]))).toEqual([
      REWRITE,
      REWRITE,
    ]);
  });
});

describe('rules over two columns', () => {
  const feed = (check: string, severity = 'invalid', types = ['integer', 'numeric']) =>
    makeFeed([`a ${types[0]}`, `b ${types[1]}`], { rules: [{ check, severity }] });

  test.each([
    ['a <= b', ['1,1', '1,1.5', ' 1 ,1.0', ',5', '5,', ' ,1'], ['2,1', '1,0.999', '-1,-1.5']],
    ['a < b', ['1,1.1'], ['1,1', '1,1.0']],
    ['a = b', ['1,1.00', '-0,0'], ['1,2']],
    ['a <> b', ['1,2'], ['1,1.0']],
    ['a != b', ['1,2'], ['1,1.0']],
    ['a >= b', ['1,1', '2,1'], ['1,1.01']],
    ['a > b', ['2,1'], ['1,1']],
  ])('%s', (rule, holds, broken) => {
    expect(verdicts(feed(rule), `${holds.join('\n')}\n`)).not.toContain(INVALID);
    expect(verdicts(feed(rule), `${broken.join('\n')}\n`)).toEqual(broken.map(() => INVALID));
  });

  test('say both values', () => {
    expect(check(feed('a <= b'), '2,1.50\n').rows[0]!.reasons).toEqual([
      { column: 'a', value: '2', rule: 'a <= b', message: 'expected a <= b, got `2` and `1.50`' },
    ]);
  });

  test('are asked only of values that are right by themselves', () => {
    expect(summaries(feed('a <= b'), 'x,1\n')).toEqual(['a: expected an integer, got `x`']);
  });

  test('each value is read in the formats of its own column', () => {
    const times = makeFeed(
      [
        { name: 'starts', type: 'date', formats: ['YYYY-DD-MM'] },
        { name: 'ends', type: 'timestamp', formats: ['DD/MM/YYYY HH:mm', 'epoch', 'iso'] },
      ],
      { rules: [{ check: 'starts <= ends' }] },
    );
    const rows = [
      '2021-02-03,02/03/2021 00:00',
      '2021-02-03,03/02/2021 00:00',
      '1970-02-01,86400',
      '1970-03-01,86400',
    ];
    expect(verdicts(times, `${rows.join('\n')}\n`)).toEqual([REWRITE, INVALID, REWRITE, INVALID]);
  });

  test('do not apply where a column is not in the file', () => {
    const optional = makeFeed(['a integer', 'b integer', 'c integer'], { rules: [{ check: 'a <= b' }] });
    expect(verdicts(optional, '5,1\n', ['a', 'c'])).toEqual([AS_IS]);
  });

  test('texts are compared as texts', () => {
    const texts = feed('a <= b', 'invalid', ['text', 'varchar(9)']);
    expect(verdicts(texts, 'a,b\nb,a\n10,9\n')).toEqual([AS_IS, INVALID, AS_IS]);
  });
});

describe('warnings', () => {
  const feed = makeFeed(
    [
      { name: 'a', type: 'integer', min: 0, max: 9, warn: ['max'] },
      { name: 'b', type: 'integer', required: true },
    ],
    { rules: [{ check: 'a <= b', severity: 'warn' }] },
  );
  const warningsOf = (content: string): Warning[] => check(feed, content).warnings;

  test('are counted, with the line of the first, and the row is loaded', () => {
    const content = '1,1\n10,10\n11,1\n12,12\n3,2\n';
    expect(verdicts(feed, content)).toEqual([AS_IS, AS_IS, AS_IS, AS_IS, AS_IS]);
    expect(check(feed, content).rows.every((row) => row.reasons.length === 0)).toBe(true);
    expect(warningsOf(content)).toEqual([
      { column: 'a', rule: 'max', count: 3, first_line: 2 },
      { column: null, rule: 'a <= b', count: 2, first_line: 3 },
    ]);
  });

  test('come from rows that are loaded only', () => {
    expect(warningsOf('10,\n-1,1\n11,11\n')).toEqual([{ column: 'a', rule: 'max', count: 1, first_line: 3 }]);
  });
});

describe('check and reasons', () => {
  const types = fc.constantFrom(
    'integer',
    'bigint',
    'numeric(4,2)',
    'boolean',
    'text',
    'varchar(3)',
    'date',
    'timestamp',
    'uuid',
    'email',
    'json',
  );
  const column = fc.record({
    type: types,
    required: fc.boolean(),
    bounded: fc.boolean(),
    warns: fc.boolean(),
  });
  const feeds = fc
    .record({
      columns: fc.array(column, { minLength: 1, maxLength: 4 }),
      encoding: fc.constantFrom('utf-8', 'latin1', 'windows-1252'),
      nulls: fc.constantFrom([], ['NULL'], ['-', '""']),
      key: fc.boolean(),
    })
    .map(({ columns, encoding, nulls, key }) => {
      const written = columns.map(({ type, required, bounded, warns }, i) => ({
        name: `c${i}`,
        type,
        required: required || (key && i === 0),
        ...(bounded && /int|num/.test(type) ? { min: 0, max: '7.5', one_of: [1, 5, 9] } : {}),
        ...(bounded && /text/.test(type) ? { length: { min: 1, max: 2 }, pattern: '[a1,]*' } : {}),
        ...(warns ? { warn: ['min', 'pattern'] } : {}),
      }));
      const first = columns.findIndex(({ type }) => /int|num/.test(type));
      const second = columns.findLastIndex(({ type }) => /int|num/.test(type));
      const rules = first >= 0 ? [{ check: `c${first} <= c${second}` }] : [];
      return makeFeed(written, { encoding, nulls, rules, ...(key ? { key: 'c0' } : {}) });
    });
  const anything = fc
    .array(
      fc.constantFrom(
        ...['1', '-', '.', ' ', 'a', '"', '""', ',', '\n', 'NULL', '\0', '\x81', '\xff', '\xc3\xa9'],
      ),
    )
    .map((pieces) => pieces.join(''));
  const likely = fc.constantFrom(
    ...['', '1', ' 5', '1.5', 't', 'a1', '"a,"', '"1"', '2021-03-01', '2021-03-01 00:00Z', '{}', 'a@b.ch'],
    ...['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'NULL', '""""""'],
  );
  const value = fc.oneof({ weight: 9, arbitrary: likely }, { weight: 1, arbitrary: anything });
  const files = feeds.chain((feed) => {
    const { length } = feed.columns;
    const row = fc.array(value, { minLength: length, maxLength: length }).map((fields) => fields.join(','));
    return fc.tuple(fc.constant(feed), fc.array(row, { minLength: 1, maxLength: 12 }));
  });

  test('cannot disagree: a row is invalid exactly when there is a reason', () => {
    let invalid = 0;
    let valid = 0;
    fc.assert(
      fc.property(files, ([feed, rows]) => {
        for (const { verdict, reasons } of check(feed, Buffer.from(rows.join('\n'), 'latin1')).rows) {
          expect({ invalid: verdict === INVALID, reasons }).toEqual({ invalid: reasons.length > 0, reasons });
          for (const { message } of reasons) expect(message).toMatch(/^expected .+, got [^]+/);
          if (verdict === INVALID) invalid++;
          else valid++;
        }
      }),
      { numRuns: 1200 },
    );
    expect(Math.min(invalid, valid)).toBeGreaterThan(500);
  });
});
