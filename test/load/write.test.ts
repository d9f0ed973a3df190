import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type pg from 'pg';
import { makeFeed } from '../feeds/making.js';
import { hasLineNumbers, rowEncoding, type Feed } from '../../src/feeds/feed.js';
import { isCleanField } from '../../src/load/read/blocks.js';
import { readHeader } from '../../src/load/read/header.js';
import type { Row } from '../../src/load/read/row.js';
import { Scanner } from '../../src/load/read/scan.js';
import { glanceAt } from '../../src/load/check/glance.js';
import { compileRows } from '../../src/load/check/rows.js';
import { decode, encode } from '../../src/load/check/texts.js';
import { INVALID } from '../../src/load/check/verdict.js';
import { copyDelimiter, CopyWriter } from '../../src/load/write.js';
import { connect, copied } from './copying.js';

interface Written {
  columns: string[];
  chunks: Buffer[];
  /** Line and raw text of each valid row. */
  valid: { line: number; raw: Buffer }[];
  invalid: number;
}

/** What is written for the rows of a file that begins with a header of these names, in blocks of some size. */
function write(feed: Feed, names: string[], bytes: Buffer, blockBytes = bytes.length || 1): Written {
  const header = readHeader(feed, names);
  const check = compileRows(feed, header);
  const lineEnd = Buffer.from(/\r\n|\r|\n/.exec(bytes.toString('latin1'))?.[0] ?? '');
  const writer = new CopyWriter(feed, check, lineEnd);
  const columns = check.fields.flatMap((field) => (field ? [field.column.name] : []));
  const written: Written = { columns, chunks: [], valid: [], invalid: 0 };
  const dialect = {
    delimiter: encode(feed.delimiter, rowEncoding(feed))!,
    quote: feed.quote.charCodeAt(0),
    comment: feed.comment === undefined ? undefined : Buffer.from(feed.comment),
    maxRowBytes: 1024 * 1024,
  };
  const onRow = (row: Row) => {
    const verdict = check.check(row);
    if (verdict === INVALID) {
      written.invalid++;
      return;
    }
    writer.write(row, verdict);
    written.valid.push({ line: row.line, raw: Buffer.from(row.bytes.subarray(row.start, row.end)) });
  };
  const scanner = new Scanner(dialect, onRow);
  const glance = glanceAt(feed, check, {
    lineEnd,
    maxRowBytes: dialect.maxRowBytes,
    copyDelimiter: copyDelimiter(feed),
    asTheyStand: writer.isWhole,
  });
  scanner.handOver(onRow, {
    glance,
    onRows(block, start, end, line) {
      const { count, isPlaced, isQuoted, starts, ends } = glance!;
      if (isPlaced) writer.cutOut({ bytes: block, line, starts, ends }, isQuoted);
      else writer.handOn(block, start, end);
      const raws = block.toString('latin1', start, end).split(/\r?\n/).slice(0, -1);
      expect(raws).toHaveLength(count);
      raws.forEach((raw, i) => written.valid.push({ line: line + i, raw: Buffer.from(raw, 'latin1') }));
    },
  });
  scanner.expected = names.length;
  let carried: Buffer = Buffer.alloc(0);
  for (let from = 0, last = false; !last; from += blockBytes) {
    last = from >= bytes.length;
    const block = Buffer.concat([carried, bytes.subarray(from, from + blockBytes)]);
    const done = scanner.scan(block, 0, block.length, last, isCleanField(block, rowEncoding(feed)));
    carried = block.subarray(done);
    written.chunks.push(...writer.take());
  }
  return written;
}

const textOf = (written: Written) => Buffer.concat(written.chunks).toString('latin1');
const copyOf = (feed: Feed, content: string, names = feed.columns.map((column) => column.name)) =>
  textOf(write(feed, names, Buffer.from(content)));

describe('rows that need no change', () => {
  const feed = makeFeed(['id integer', 'name text']);

  test('are handed on as they stand', () => {
    expect(copyOf(feed, '1,a\n 2 ,\n,b c\n')).toBe('1,a\n 2 ,\n,b c\n');
  });

  test('get the line end of the first one, because COPY wants one kind', () => {
    expect(copyOf(feed, '1,a\r\n2,b\n3,c\r4,"x\ny"')).toBe('1,a\r\n2,b\r\n3,c\r\n4,x\\ny\r\n');
    expect(copyOf(feed, '1,a\r2,b\r\n')).toBe('1,a\r2,b\r');
    expect(copyOf(feed, '1,a')).toBe('1,a\n');
  });

  test('are one slice of the block, without what lies between them', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i},${i % 5000 === 4999 ? 'text' : 'a'}`);
    const bytes = Buffer.from(`${lines.join('\n')}\n\n\nx,invalid\n${lines.join('\n')}\n`);
    const { chunks, invalid } = write(feed, ['id', 'name'], bytes);
    expect(invalid).toBe(1);
    expect(chunks.length).toBe(2);
    expect(chunks.every((chunk) => chunk.buffer === chunks[0]!.buffer)).toBe(true);
    expect(Buffer.concat(chunks).toString()).toBe(`${lines.join('\n')}\n${lines.join('\n')}\n`);
  });
});

describe('rows that are written anew', () => {
  test('have no quotes, and a backslash before what means something to COPY', () => {
    const feed = makeFeed(['id integer', 'name text']);
    expect(copyOf(feed, '1,"a"\n 2 ,"b ""c"", d\r\n"\n3,a\\b\n')).toBe(
      '1,a\n 2 ,b "c"\\, d\\r\\n\n3,a\\\\b\n',
    );
  });

  test('are told by their own backslashes, not by those of other rows', () => {
    const feed = makeFeed(['id integer', 'name text']);
    expect(copyOf(feed, '1,a\n2,\\\n3,b\n4,c\n5,\\x\\\n6,d\n')).toBe(
      '1,a\n2,\\\\\n3,b\n4,c\n5,\\\\x\\\\\n6,d\n',
    );
  });

  test('leave out what the feed does not know, in the order of the file', () => {
    const feed = makeFeed(['id integer', 'name text']);
    expect(copyOf(feed, 'x,"a",y,1\n"""","b""c",,2\n,d,,3\n', ['more', 'name', 'extra', 'id'])).toBe(
      'a,1\nb"c,2\nd,3\n',
    );
    expect(copyOf(feed, '1,a,x\n2,b,y\n', ['id', 'name', 'extra'])).toBe('1,a\n2,b\n');
  });

  test('begin with their line in a keyed table', () => {
    const feed = makeFeed(['id integer!', 'name text'], { key: 'id' });
    expect(copyOf(feed, '1,a\n\n2,"x\ny"\n3,c\n')).toBe('1,1,a\n3,2,x\\ny\n5,3,c\n');
    expect(copyOf(feed, 'x,1,a\n', ['more', 'id', 'name'])).toBe('1,1,a\n');
  });

  test('have defaults, and nothing for null words and blanks', () => {
    const feed = makeFeed(
      [
        'id integer',
        { name: 'name', type: 'text', default: 'a "b", c' },
        { name: 'size', type: 'numeric', default: 0.5 },
      ],
      { nulls: ['NULL'] },
    );
    expect(copyOf(feed, 'NULL,,\n ,NULL, \n1,x,2\n')).toBe(',a "b"\\, c,0.5\n,a "b"\\, c,0.5\n1,x,2\n');
  });

  test('have times as PostgreSQL reads them', () => {
    const feed = makeFeed([
      { name: 'at', type: 'timestamp', formats: ['epoch', 'iso', 'DD.MM.YYYY HH:mm'] },
      { name: 'day', type: 'date', formats: ['DD/MM/YYYY'] },
    ]);
    expect(copyOf(feed, '0.5," 31/12/2021"\n"2021-03-01 00:00+00",\n01.02.2021 23:59,01/02/2021\n')).toBe(
      '1970-01-01T00:00:00.5Z,2021-12-31\n2021-03-01 00:00+00,\n2021-02-01 23:59:00,2021-02-01\n',
    );
  });

  test('have them without the quotes that were doubled in the file', () => {
    const feed = makeFeed(['id integer', { name: 'day', type: 'date', formats: ['DD"MM"YYYY'] }]);
    expect(copyOf(feed, '1,"31""12""2021"\n')).toBe('1,2021-12-31\n');
  });

  test('have a backslash in times too, where they hold the delimiter', () => {
    const at = [{ name: 'at', type: 'timestamp', formats: ['epoch'] }, 'id integer'];
    expect(copyOf(makeFeed(at, { delimiter: ':' }), '0:1\n')).toBe('1970-01-01T00\\:00\\:00Z:1\n');
    expect(copyOf(makeFeed(at, { delimiter: '-' }), '0-1\n')).toBe('1970\\-01\\-01T00:00:00Z-1\n');
  });

  test('have a tab between fields where COPY does not take the delimiter of the file', () => {
    const feed = makeFeed(['id integer', 'name text'], { delimiter: '||' });
    expect(copyDelimiter(feed)).toBe('\t');
    expect(copyOf(feed, '1||a\tb\n2||"c||""d"""\n3||\n')).toBe('1\ta\\\tb\n2\tc||"d"\n3\t\n');
    for (const delimiter of ['§', '.', 'a', '7', 'N', '\\', ',,'])
      expect(copyDelimiter({ delimiter })).toBe('\t');
    for (const delimiter of ['\t', ',', ';', '|', ' ', ':', '~', '-', '^', '[', ']', '/']) {
      expect(copyDelimiter({ delimiter })).toBe(delimiter);
    }
  });

  test('of one column do not end the COPY', () => {
    const feed = makeFeed(['name text']);
    expect(copyOf(feed, '\\.\n"a"\n""\n')).toBe('\\\\.\na\n\n');
  });

  test('may be longer than the buffer', () => {
    const feed = makeFeed(['name text']);
    const long = 'x'.repeat(700_000);
    expect(copyOf(feed, `a\n${long}\nb\n"${long}"\n`)).toBe(`a\n${long}\nb\n${long}\n`);
    const keyed = makeFeed(['name text!', 'id integer'], { key: 'name' });
    expect(copyOf(keyed, `${long},1\nb,2\n`)).toBe(`1,${long},1\n2,b,2\n`);
  });
});

describe('what has been taken', () => {
  test('does not change when more is written', () => {
    const feed = makeFeed(['id integer', 'name text']);
    const written = write(feed, ['id', 'name'], Buffer.from('1,a\n2,b\n3,c\n4,d\n'), 5);
    expect(textOf(written)).toBe('1,a\n2,b\n3,c\n4,d\n');
  });
});

describe('PostgreSQL', () => {
  let client: pg.Client;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client.end());

  interface Kind {
    type: string;
    rest?: object;
    good: fc.Arbitrary<string>;
    bad?: string[];
    /** What the table shows for a value that is not missing. */
    stored?: (value: string) => string;
  }
  const blank = fc.constantFrom('', ' ', '\t ');
  const around = (value: fc.Arbitrary<string>) =>
    fc.tuple(blank, value, blank).map((parts) => parts.join(''));
  const characters = fc.constantFrom(
    ...['a', 'é', ' ', '"', "'", ',', ';', '|', '\\', '.', '\n', '\r', '\r\n', 'NULL', '-', 'ÿ', '\t'],
  );
  const KINDS: Kind[] = [
    {
      type: 'integer',
      good: around(fc.oneof(fc.integer().map(String), fc.constantFrom('+5', '007', '-0'))),
      bad: ['1.5', 'x', '2147483648'],
      stored: (value) => String(parseInt(value.trim(), 10) || 0),
    },
    {
      type: 'numeric(6,2)',
      good: around(fc.constantFrom('1', '-12.5', '.25', '9999.99', '+3.10', '5.', '1.5000')),
      bad: ['10000', '1.005', '1e3'],
      stored: (value) => Number(value.trim()).toFixed(2),
    },
    { type: 'text', good: fc.string({ unit: characters, maxLength: 6 }) },
    {
      type: 'varchar(3)',
      good: fc.string({ unit: fc.constantFrom('a', 'é', '.', '\\', ' '), maxLength: 3 }),
      bad: ['abcd', 'abc '],
    },
    {
      type: 'date',
      good: around(fc.constantFrom('2021-03-01', '0099-12-31', '2024-02-29')),
      bad: ['2021-02-29', 'today'],
      stored: (value) => value.trim(),
    },
    {
      type: 'date',
      rest: { formats: ['DD.MM.YYYY'] },
      good: around(fc.constantFrom('01.03.2021', '31.12.0099')),
      bad: ['2021-03-01'],
      stored: (value) => value.trim().split('.').reverse().join('-'),
    },
    {
      type: 'timestamp',
      rest: { formats: ['epoch', 'iso'] },
      good: around(fc.constantFrom('0', '2021-03-01T02:03:04Z', '1614556800.5')),
      bad: ['now'],
      stored: (value) =>
        ({ '0': '1970-01-01 00:00:00+00', '1614556800.5': '2021-03-01 00:00:00.5+00' })[value.trim()] ??
        '2021-03-01 02:03:04+00',
    },
    {
      type: 'boolean',
      good: fc.constantFrom('t', 'NO', 'on'),
      bad: ['ja'],
      stored: (value) => String(value !== 'NO'),
    },
    { type: 'json', good: fc.constantFrom('{"a": "b,;|"}', '[1, "\\n"]', '7'), bad: ['{a}'] },
  ];

  const dialects = fc.record({
    delimiter: fc.constantFrom(',', ',', ';', '\t', '|', '||', ', ', '§', ' ', ':'),
    quote: fc.constantFrom('"', '"', '"', "'", '|'),
    encoding: fc.constantFrom('utf-8', 'utf-8', 'latin1', 'windows-1252'),
    nulls: fc.constantFrom([], [], ['NULL'], ['-', '\\N'], ['a']),
    keyed: fc.boolean(),
  });
  const files = fc
    .record({
      dialect: dialects.filter(({ delimiter, quote }) => !delimiter.includes(quote)),
      kinds: fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 4 }),
      defaults: fc.boolean(),
      extra: fc.boolean(),
      turned: fc.boolean(),
      ends: fc.constantFrom(['\n'], ['\r\n'], ['\r'], ['\n', '\r\n', '\r', '\n\n']),
      last: fc.boolean(),
      blockBytes: fc.constantFrom(7, 64, 100_000),
    })
    .chain((file) => {
      // In this alphabet blanks are around values, so a delimiter of blanks needs quotes as any other does.
      const cell = (kind: Kind) =>
        fc.tuple(
          fc.oneof(
            { weight: 8, arbitrary: kind.good },
            { weight: 1, arbitrary: fc.constant('') },
            { weight: 1, arbitrary: fc.constantFrom(...(kind.bad ?? [''])) },
            { weight: 1, arbitrary: fc.constantFrom('', ...file.dialect.nulls) },
          ),
          fc.boolean(),
        );
      const faults = fc.constantFrom('', '', '', '', '', '', 'missing', 'more', 'quote', 'after');
      const row = fc.record({
        cells: fc.tuple(...file.kinds.map(cell)),
        extra: fc.constantFrom('', 'x', '"'),
        fault: faults,
      });
      return fc.record({ file: fc.constant(file), rows: fc.array(row, { maxLength: 8 }) });
    });

  test('takes exactly the rows that are valid, with the values that the file has', async () => {
    let copiedRows = 0;
    await fc.assert(
      fc.asyncProperty(files, async ({ file, rows }) => {
        const { dialect, kinds } = file;
        const { keyed, ...settings } = dialect;
        const columns = kinds.map(({ type, rest }, i) => ({
          name: `c${i}`,
          type,
          ...rest,
          ...(file.defaults && type === 'text' ? { default: 'é "x"' } : {}),
        }));
        const feed = makeFeed(columns, { ...settings, ...(keyed ? { unique: ['c0'] } : {}) });
        const names = columns.map((column) => column.name);
        if (file.extra) names.push('extra');
        if (file.turned) names.reverse();

        const content = rows
          .map(({ cells, extra, fault }, i) => {
            const { quote, delimiter } = feed;
            const quoted = (text: string) => `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;
            const needs = (text: string) =>
              [quote, '\n', '\r', ...delimiter].some((each) => text.includes(each));
            const fields = cells.map(([text, always]) => (always || needs(text) ? quoted(text) : text));
            if (file.extra) fields.push(extra && needs(extra) ? quoted(extra) : extra);
            if (file.turned) fields.reverse();
            if (fault === 'missing') fields.pop();
            if (fault === 'more') fields.push('');
            if (fault === 'quote') fields[0] = `a${quote}b`;
            if (fault === 'after') fields[0] = `${quote}a${quote}b`;
            const line = fields.join(delimiter);
            return line === ''
              ? ''
              : line + (i < rows.length - 1 || file.last ? file.ends[i % file.ends.length] : '');
          })
          .join('');
        const bytes = encode(content, rowEncoding(feed))!;
        const written = write(feed, names, bytes, file.blockBytes);
        const table = await copied(client, feed, written.columns, written.chunks);

        const expected = written.valid.map(({ line, raw }) => {
          const [fields] = parse(decode(raw, 0, raw.length, rowEncoding(feed)), {
            delimiter: feed.delimiter,
            quote: feed.quote,
            escape: feed.quote,
          }) as string[][];
          const values = names.flatMap((name, i) => {
            const k = columns.findIndex((column) => column.name === name);
            if (k < 0) return [];
            const text = fields![i]!;
            const trims = /int|num|date|time/.test(columns[k]!.type);
            const missing = text === '' || feed.nulls.includes(text) || (trims && text.trim() === '');
            if (missing)
              return [feed.columns[k]!.default === undefined ? null : String(feed.columns[k]!.default)];
            return [kinds[k]!.stored?.(text) ?? text];
          });
          return hasLineNumbers(feed) ? [String(line), ...values] : values;
        });
        expect(table).toEqual(expected);
        copiedRows += table.length;
      }),
      { numRuns: 600 },
    );
    expect(copiedRows).toBeGreaterThan(500);
  });

  test('is not brought to an end by a value', async () => {
    const one = makeFeed(['name text', 'more text']);
    const content = '\\.\n\\.\r\n"\\."\n\\.x\n';
    for (const [names, ends] of [
      [['name'], ''],
      [['name', 'extra'], ',x'],
    ] as const) {
      const bytes = Buffer.from(content.replace(/(\r?\n)/g, `${ends}$1`));
      const written = write(one, [...names], bytes);
      expect(await copied(client, one, written.columns, written.chunks)).toEqual([
        ['\\.'],
        ['\\.'],
        ['\\.'],
        ['\\.x'],
      ]);
    }
    const written = write(one, ['name', 'more'], Buffer.from('"a\n\\.\nb",\\.\n\\.,"\\."\n'));
    expect(await copied(client, one, written.columns, written.chunks)).toEqual([
      ['a\n\\.\nb', '\\.'],
      ['\\.', '\\.'],
    ]);
  });
});
