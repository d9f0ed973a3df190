import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openContent } from '../../../src/content/content.js';
import { TallyError } from '../../../src/errors.js';
import { readFeed, type Feed } from '../../../src/feeds/feed.js';
import { inferFeed } from '../../../src/feeds/infer/infer.js';
import { writeType } from '../../../src/feeds/type.js';
import { compileRows, type RowCheck } from '../../../src/load/check/rows.js';
import { INVALID } from '../../../src/load/check/verdict.js';
import { readRows } from '../../../src/load/read/read.js';

const folder = mkdtempSync(join(tmpdir(), 'tally-infer-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer, name = 'sample.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function infer(
  content: string | Buffer,
  name?: string,
): Promise<{ feed: Feed; yaml: string; rows: number }> {
  const inferred = await inferFeed(file(content, name));
  const read = readFeed(`feeds/${inferred.name}.yaml`, inferred.yaml);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return { feed: read.feed, yaml: inferred.yaml, rows: inferred.rows };
}

/** The feed of a file with one column, named, beside one of row numbers. */
async function columnOf(name: string, values: string[]) {
  const rows = values.map(
    (value, i) => `${i},${/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value}`,
  );
  const { feed, yaml } = await infer(`row,${name}\n${rows.join('\n')}\n`);
  const column = feed.columns[1]!;
  const comment = yaml
    .slice(yaml.indexOf('columns:'))
    .split('\n')
    .filter((line) => line.startsWith('    type:'))[1]!;
  return { ...column, type: writeType(column.type), comment: comment.replace(/^.*? # /, ''), feed, yaml };
}

/** How many rows of the file a load with this feed finds valid. */
async function validRows(path: string, feed: Feed): Promise<number> {
  const limits = { maxUnpackedBytes: Infinity, maxUnpackRatio: Infinity };
  const content = await openContent(path, basename(path), { encoding: feed.encoding, limits });
  let check: RowCheck | undefined;
  let valid = 0;
  try {
    await readRows(content, feed, 1024 * 1024, {
      header: (header) => void (check = compileRows(feed, header)),
      row: (row) => void (valid += check!.check(row) === INVALID ? 0 : 1),
      afterBlock: async () => {},
    });
  } finally {
    await content.close();
  }
  return valid;
}

function failure(path: string): Promise<TallyError> {
  return inferFeed(path).then(
    () => {
      throw new Error('expected it to fail');
    },
    (error: unknown) => error as TallyError,
  );
}

test('A feed says beside each guess what it was guessed from', async () => {
  const { yaml, rows } = await infer(
    [
      'Order Reference;order_timestamp;total;agency;note',
      'A-1;2021-03-01 00:03:21.74+00;12.50;x;',
      'A-2;2021-03-02;-;x;"said ""no"""',
      'A-3;2021-03-03T10:00Z;1000.5;x;',
      'A-4;2021-03-04',
    ].join('\r\n'),
    'orders_Agency B_20211121.csv',
  );
  expect(rows).toBe(3);
  expect(yaml).toBe(`# yaml-language-server: $schema=../docs/feed.schema.json
# Guessed from "orders_Agency B_20211121.csv": 3 rows. Read it before you trust it.
# 1 row without the 5 fields of the first: such rows are invalid.
title: "Orders agency b" # say in a sentence what a row is: it becomes the comment on the table
# Which agency delivers it cannot be seen in a sample: put {agency} where the name says it, such as
#   - "orders_{agency}_{date:YYYYMMDD}.csv"
files:
  - "orders_Agency B_{date:YYYYMMDD}.csv" # from the name of the sample: its digits are a date
# replace: each file is the full truth. append: rows are added, each key once. upsert: a row replaces that of its key.
# append and upsert need a key.
mode: replace # cannot be seen in a sample; replace is the usual one
header: required # the first row is names: what is below "order_timestamp" is ISO times
delimiter: ";" # splits the rows into 5 fields
quote: "\\"" # stands around fields of the sample
encoding: utf-8 # there is nothing but ASCII in the sample
nulls: ["-"] # in total (1 value), where all others are of one type; they mean "no value" in every column
columns:
  - name: order_reference
    aliases: ["Order Reference"] # as the header writes it
    type: varchar(10) # 3 values of 3 characters, with room for longer ones
    required: true # every row has a value
  - name: order_timestamp
    type: timestamp # 3 of 3 values are ISO times, such as 2021-03-01 00:03:21.74+00
    required: true # every row has a value
  - name: total
    type: numeric(10,2) # 2 of 2 values are decimal numbers, 12.50 to 1000.5, 4 digits at most before the point and 2 after it; there is room for 4 more before it
    required: false # 1 of 3 rows without a value
  - name: file_agency
    aliases: ["agency"] # as the header writes it
    type: varchar(10) # 3 values of 1 character, with room for longer ones
    required: true # every row has a value
  - name: note
    type: varchar(20) # 1 value of 9 characters, with room for longer ones
    required: false # 2 of 3 rows without a value
# key: order_reference # unique in the sample, which is too small to tell: 3 rows
`);
});

describe('The type of a column is the narrowest that all its values fit', () => {
  test.each<[string, string, string[], string?]>([
    ['integer', 'n', ['-3', '+5', ' 99812 ', '0']],
    ['integer', 'n', ['2147483647', '-2147483647']],
    ['bigint', 'n', ['1', '2147483648']],
    ['bigint', 'n', ['999999999999999999']],
    ['numeric(7,2)', 'n', ['1', '2.5', '-.5']],
    ['numeric(10,3)', 'n', ['1', '123.125']],
    ['boolean', 'n', ['TRUE', 'false', 'false']],
    ['boolean', 'n', ['y', 'n']],
    ['boolean', 'n', ['true', 'true']],
    ['integer', 'n', ['0', '1']],
    ['date', 'n', ['2021-03-01', '2020-02-29']],
    ['date', 'n', ['31/12/2021', '01/02/2021'], 'DD/MM/YYYY'],
    ['date', 'n', ['12/31/2021', '01/02/2021'], 'MM/DD/YYYY'],
    ['date', 'n', ['31.12.2021', '01.02.2021'], 'DD.MM.YYYY'],
    ['date', 'birth_date', ['20211231', '19600101'], 'YYYYMMDD'],
    ['integer', 'customer_number', ['20211231', '19600101']],
    ['integer', 'birth_date', ['20211231', '20211301']],
    ['timestamp', 'n', ['2021-03-01', '2021-03-01T10:00:00+02:00', '2021-03-01 10:00']],
    ['timestamp', 'n', ['31/12/2021 10:00', '01/02/2021 11:30'], 'DD/MM/YYYY HH:mm'],
    ['timestamp', 'order_timestamp', ['1600000000', '1700000000.25'], 'epoch'],
    ['integer', 'customer', ['1600000000', '1700000000']],
    ['uuid', 'n', ['123e4567-e89b-12d3-a456-426614174000']],
    ['email', 'n', ['a.b@example.org', 'é@example.org']],
    ['json', 'n', ['{"a":1}', '[]']],
    ['varchar(50)', 'n', ['twenty characters ok', 'x']],
    ['varchar(200)', 'n', ['x'.repeat(130)]],
    ['text', 'n', ['x'.repeat(134)]],
    ['text', 'n', ['', '']],
  ])('%s: %s', async (type, name, values, format = 'iso') => {
    const column = await columnOf(name, values);
    expect(column.type).toBe(type);
    expect(column.formats).toEqual([format]);
  });

  test.each([
    ['zeros at the beginning', ['007', '12']],
    ['more than 18 digits', ['1', '1234567890123456789']],
    ['a telephone number', ['+41446681800']],
  ])('%s would be lost in a number', async (_, values) => {
    const column = await columnOf('n', values);
    expect(column.type).toMatch(/^varchar/);
    expect(column.comment).toContain('as a number they would change');
  });

  test.each([
    ['an exponent', '1e5'],
    ['two points', '1.2.3'],
    ['no day', '2021-02-30'],
    ['no hour', '2021-02-20 24:00'],
    ['a seventh decimal of a second', '2021-02-20 10:00:00.1234567'],
    ['a year zero', '0000-01-01'],
    ['one word of two', 'n'],
    ['a broken UUID', '123e4567-e89b-12d3-a456-42661417400'],
    ['two addresses', 'a@example.org,b@example.org'],
    ['JSON that PostgreSQL does not store', '["\\u0000"]'],
    ['half of JSON', '{"a":'],
  ])('%s is a text', async (_, value) => {
    expect((await columnOf('n', [value])).type).toMatch(/^varchar/);
  });

  test('a day and month that may be the other way round are said to be', async () => {
    expect((await columnOf('n', ['01/02/2021', '03/04/2021'])).comment).toBe(
      '2 of 2 values are days as DD/MM/YYYY, such as 01/02/2021; MM/DD/YYYY fits all of them just as well: ask which is meant',
    );
    expect((await columnOf('n', ['01/02/2021', '13/04/2021'])).comment).not.toContain('MM/DD');
  });

  test('a bad row of the sample is shown', async () => {
    const values = Array.from({ length: 1204 }, (_, i) => (i === 70 ? '12A4' : String(i)));
    const column = await columnOf('customer_number', values);
    expect(column.type).toBe('varchar(10)');
    expect(column.comment).toContain(
      '1,203 of 1,204 are whole numbers, the first that is not: "12A4" on line 72. Is it a bad row? Then: type: integer',
    );
  });

  test('a decimal comma is told', async () => {
    const { yaml } = await infer('a;b\n1,5;x\n2,25;y\n');
    expect(yaml).toContain('numbers with a decimal comma');
  });
});

describe('Values and their absence', () => {
  test('empty values, and blanks where they do not count, make a column optional', async () => {
    const { feed } = await infer('a,b,c\n1,,x\n  ,2,x\n3,4,  \n');
    expect(feed.columns.map(({ required }) => required)).toEqual([false, false, true]);
  });

  test('words for null are found where the other values are of one type', async () => {
    for (const word of ['NULL', 'null', '\\N', '-', 'N/A']) {
      const { feed, type, required } = await columnOf('n', ['1', word, '2']);
      expect({ nulls: feed.nulls, type, required }).toEqual({
        nulls: [word],
        type: 'integer',
        required: false,
      });
    }
  });

  test('a word in a column of texts is a text', async () => {
    const { feed, required } = await columnOf('n', ['Ann', '-', 'Bob']);
    expect({ nulls: feed.nulls, required }).toEqual({ nulls: [], required: true });
  });

  test('a word that is null in one column is so in all', async () => {
    const { feed } = await infer('a,b\n1,Ann\n-,-\n2,Bob\n');
    expect(feed.columns.map(({ required }) => required)).toEqual([false, false]);
  });

  test('few distinct values are suggested in a comment, not declared', async () => {
    const { one_of, yaml } = await columnOf(
      'status',
      Array.from({ length: 30 }, (_, i) => (i % 3 ? 'new' : 'High, "old"')),
    );
    expect(one_of).toBeUndefined();
    expect(yaml).toContain('    # one_of: ["High, \\"old\\"", "new"] # the only values in 30 rows');
  });

  test('what is null only elsewhere is one of the distinct values', async () => {
    const { yaml } = await columnOf(
      'status',
      Array.from({ length: 30 }, (_, i) => (i % 3 ? 'new' : '-')),
    );
    expect(yaml).toContain('    # one_of: ["-", "new"]');
  });

  test('a length that all values have is suggested', async () => {
    const { yaml } = await columnOf(
      'zip',
      Array.from({ length: 30 }, (_, i) => `0${1000 + i}`),
    );
    expect(yaml).toContain('    # length: 5 # all values have it');
  });
});

describe('The header', () => {
  test.each([
    ['names above numbers', 'a,b\n1,x\n', 'required'],
    ['names above zip codes', 'a,zip\ny,0123\n', 'required'],
    ['names above texts', 'first,last\nAnn,Lee\n', 'required'],
    ['one column without a name', ',a\n0,1\n', 'required'],
    ['names alone', 'a,b\n', 'required'],
    ['a number among them', 'a,5\nx,6\n', 'none'],
    ['a value that comes again', 'Ann,Rome\nBob,Rome\n', 'none'],
    ['a value twice', 'x,x\ny,z\n', 'none'],
    ['two without a name', 'a,,\n1,2,3\n', 'none'],
  ])('%s', async (_, content, header) => {
    expect((await infer(content)).feed.header).toBe(header);
  });

  test('a file without one has numbered columns, and its first row counts', async () => {
    const { feed, rows } = await infer('1,click,2021-03-01 00:03:21.74+00\n200,view,2021-03-01\n');
    expect(rows).toBe(2);
    expect(feed.columns.map(({ name, type }) => `${name} ${writeType(type)}`)).toEqual([
      'column_1 integer',
      'column_2 varchar(10)',
      'column_3 timestamp',
    ]);
  });

  test('a header alone gives texts, and says so', async () => {
    const { feed, yaml, rows } = await infer('id,name\n');
    expect(rows).toBe(0);
    expect(feed.columns.map(({ type, required }) => [type.kind, required])).toEqual([
      ['text', false],
      ['text', false],
    ]);
    expect(yaml).toContain('no value in the sample: there is nothing to guess from');
  });

  test('names become identifiers, and keep what the header calls them', async () => {
    const headers = [
      'Customer Number',
      'customer_number',
      'customerId',
      ' ID ',
      'Größe',
      'Имя',
      '2019 x',
      'load_id',
      'Line Number',
      'null',
      'a\nb',
    ];
    const { feed, yaml } = await infer(
      `${headers.map((each) => `"${each}"`).join()}\n${headers.map((_, i) => i).join()}\n`,
    );
    expect(feed.columns.map(({ name, aliases }) => [name, ...aliases])).toEqual([
      ['customer_number_2', 'Customer Number'],
      ['customer_number'],
      ['customer_id', 'customerId'],
      ['id'],
      ['grosse', 'Größe'],
      ['column_6', 'Имя'],
      ['column_2019_x', '2019 x'],
      ['file_load_id', 'load_id'],
      ['file_line_number', 'Line Number'],
      ['null'],
      ['a_b', 'a\nb'],
    ]);
    expect(yaml).toContain('- name: "null"');
  });
});

describe('The key', () => {
  const rows = (count: number, row: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => row(i)).join('\n');

  test('is the first column that looks like an identifier, is required and unique', async () => {
    const { feed } = await infer(
      `status,amount,order_reference,barcode\n${rows(20, (i) => `new,${i}.5,A${i},${i}`)}\n`,
    );
    expect(feed.key).toEqual(['order_reference']);
  });

  test('may be the first column under any name', async () => {
    expect((await infer(`ticket,n\n${rows(20, (i) => `T${i},1`)}\n`)).feed.key).toEqual(['ticket']);
  });

  test('is none where values repeat, be it in another case', async () => {
    const { feed, yaml } = await infer(`id,n\n${rows(20, (i) => `${i === 19 ? 'a0' : `A${i}`},1`)}\n`);
    expect(feed.key).toBeUndefined();
    expect(yaml).toContain('# key: none was found');
  });

  test('is only suggested by few rows', async () => {
    const { feed, yaml } = await infer(`id,n\n${rows(19, (i) => `A${i},1`)}\n`);
    expect(feed.key).toBeUndefined();
    expect(yaml).toContain('# key: id # unique in the sample, which is too small to tell: 19 rows');
  });
});

describe('The pattern of the file name', () => {
  test.each([
    ['customer_rating_20211121.csv', 'customer_rating_{date:YYYYMMDD}.csv', 'customer_rating'],
    ['orders-21112021.csv', 'orders-{date:DDMMYYYY}.csv', 'orders'],
    ['orders_2021-11-21_10-30-00.csv', 'orders_{date:YYYY-MM-DD}*.csv', 'orders'],
    ['20211121103000 usage.csv', '{date:YYYYMMDD}* usage.csv', 'usage'],
    ['11.21.2021.csv', '11.21.2021.csv', 'feed_11_21_2021'],
    ['11-21-2021.csv', '{date:MM-DD-YYYY}.csv', 'feed'],
    ['orders_20211399.csv', 'orders_20211399.csv', 'orders_20211399'],
    ['orders_99991231.csv', 'orders_99991231.csv', 'orders_99991231'],
    ['account_123456789012.csv', 'account_123456789012.csv', 'account_123456789012'],
    ['{a}*b.csv', '*a*b.csv', 'a_b'],
    ['Ünïcode "quoted".TXT', 'Ünïcode "quoted".TXT', 'unicode_quoted'],
    ['имя', 'имя', 'feed'],
  ])('%s', async (name, pattern, feedName) => {
    const { feed } = await infer('a,b\n1,2\n', name);
    expect({ pattern: feed.patterns[0]!.text, name: feed.name }).toEqual({ pattern, name: feedName });
    expect(feed.patterns[0]!.match(name)).toBeDefined();
  });

  test('says when day and month may be the other way round', async () => {
    expect((await infer('a,b\n1,2\n', 'x_05062021.csv')).yaml).toContain(
      'the day and the month may be the other way round',
    );
    expect((await infer('a,b\n1,2\n', 'x_21062021.csv')).yaml).not.toContain('other way round');
  });
});

describe('How the file is written', () => {
  test.each([
    [',', 'a,b\n1,x;y\n'],
    [';', 'a;b\n1,5;2,5\n3,5;4,5\n'],
    [';', '1,5;2,5\n3,5;4,5\n'],
    ['\t', 'a\tb\n1, 2\t3\n'],
    ['|', 'a|b\n1|"x|y,z"\n'],
    [',', 'a,b,c\n"x;y",";",1\n1;2,2,3\n4,5\n'],
    [',', 'a\n1\n'],
    [';', 'a\n"x, y"\nz\n'],
  ])('the delimiter %j', async (delimiter, content) => {
    expect((await infer(content)).feed.delimiter).toBe(delimiter);
  });

  test('single quotes', async () => {
    const { feed, rows } = await infer("id,name\n1,'Lee, Ann'\n2,'x'\n");
    expect({ quote: feed.quote, rows }).toEqual({ quote: "'", rows: 2 });
    expect((await infer("id,name\n1,O'Brien\n2,'tis\n")).feed.quote).toBe('"');
  });

  test('a byte order mark is no part of the first name', async () => {
    expect((await infer('\ufeffid,b\n1,2\n')).feed.columns[0]!.name).toBe('id');
  });

  test.each([
    ['utf-8', Buffer.from('id,name\n1,Zoé\n')],
    ['windows-1252', Buffer.from('id,name\n1,Zo\xe9 \x80\n', 'latin1')],
    ['utf-16', Buffer.from('\ufeffid,name\n1,Zoé\n', 'utf16le')],
    ['utf-16', Buffer.from('\ufeffid,name\n1,Zoé\n', 'utf16le').swap16()],
    ['utf-16', Buffer.from('id,name\n1,Zoe\n', 'utf16le')],
    [
      'utf-8',
      Buffer.concat([Buffer.from('id,name\n1,Zoé\n2,Zoé\n3,'), Buffer.from([0xe9]), Buffer.from('\n')]),
    ],
  ])('%s', async (encoding, content) => {
    expect((await infer(content)).feed.encoding).toBe(encoding);
  });
});

test('The euro sign and curly quotes of Windows-1252 are what they are', async () => {
  const bytes = Buffer.from('id,name\n' + '1,\x93\x80\x94\n2,x\n'.repeat(30), 'latin1');
  expect((await infer(bytes)).yaml).toContain('# one_of: ["“€”", "x"]');
});

describe('A packed sample is read as what is packed', () => {
  const text = 'id,name\n1,Zoé\n2,Ann\n';

  test.each(['orders_20261120.csv.gz', 'orders_20261120.csv'])('%s', async (name) => {
    const { feed, rows } = await infer(name.endsWith('.gz') ? gzipSync(text) : text, name);
    expect({ name: feed.name, patterns: feed.patterns.map((pattern) => pattern.text), rows }).toEqual({
      name: 'orders',
      patterns: ['orders_{date:YYYYMMDD}.csv'],
      rows: 2,
    });
    expect(feed.patterns[0]!.match(name)).toMatchObject({ day: '2026-11-20' });
  });

  test('one that is cut off is refused', async () => {
    const error = await failure(file(gzipSync(text).subarray(0, 30), 'cut.csv.gz'));
    expect(error.code).toBe('file_truncated');
  });
});

describe('Rows that cannot be used are counted', () => {
  test.each([
    ['a quote that is never closed', 'a,b\n1,"x\n2,y\n3,z\n', 2, '1 line whose quotes do not work out'],
    ['a quote that closes lines later', 'a,b\n1,"x\n2,y\n3","z"\n4,w\n', 2, '2 lines whose quotes'],
    ['a quote inside', 'a,b\n1,5" disk\n2,y\n', 1, '1 line whose quotes'],
    ['NUL', 'a,b\n1,x\0y\n2,ok\n', 1, '1 row with NUL'],
    ['other numbers of fields', 'a,b\n1\n2,3,4\n5,6\n', 1, '2 rows without the 2 fields of the first'],
  ])('%s', async (_, content, rows, comment) => {
    const inferred = await infer(content);
    expect(inferred.rows).toBe(rows);
    expect(inferred.yaml).toContain(comment);
  });

  test('a line break in quotes is none of a row', async () => {
    expect((await infer('a,b\r\n1,"x\r\ny"\r\n2,z\r\n')).rows).toBe(2);
  });

  test.each(['\n', '\r\n', '\r'])('lines end with %j', async (end) => {
    expect((await infer(['', 'a,b', '1,x', '', '2,y', ''].join(end))).rows).toBe(2);
  });

  test('of a long file only the beginning is read', async () => {
    const { rows, yaml } = await infer(`id,n\n${'1,2\n'.repeat(100_500)}"`);
    expect(rows).toBe(99_999);
    expect(yaml).toContain('# Only the beginning of the file was read');
  });

  test('one column, and a thousand', async () => {
    expect((await infer('note\nhello\nworld\n')).feed.columns).toHaveLength(1);
    const row = (cell: (i: number) => string) => Array.from({ length: 1000 }, (_, i) => cell(i)).join();
    const { feed } = await infer(`${row((i) => `c${i}`)}\n${row(String)}\n${row(String)}\n`);
    expect(feed.columns).toHaveLength(1000);
  });
});

describe('A file that is no sample is refused with what was expected', () => {
  test.each<[string, string, string | Buffer, string?]>([
    ['an empty file', 'file_empty', ''],
    ['nothing but line ends', 'file_empty', '\n\r\n\n'],
    ['nothing but a mark', 'file_empty', '\ufeff'],
    ['a workbook', 'file_container', Buffer.from('PK\x03\x04...')],
    ['JSON', 'usage', '{"items":[]}'],
    ['JSON by its name', 'usage', 'x', 'sample.json'],
    ['a first line with an open quote', 'header_malformed', '"a,b\n1,2\n'],
    ['a first line with NUL', 'header_malformed', 'aaaa,b\0b\n1,2\n'],
    ['a first line without end', 'header_malformed', 'x'.repeat(1_100_000)],
    ['more columns than a table has', 'header_malformed', `${'a,'.repeat(1600)}\n`],
    ['a header with a name twice', 'header_duplicate', 'id,name, Name\n1,a,b\n'],
  ])('%s', async (_, code, content, name = 'sample.csv') => {
    const error = await failure(file(content, name));
    expect(error).toBeInstanceOf(TallyError);
    expect(error.code).toBe(code);
    expect(error.message).toContain('expected');
    expect(error.hint).toBeDefined();
  });

  test('a missing file and a folder', async () => {
    expect((await failure(join(folder, 'none.csv'))).code).toBe('file_missing');
    expect((await failure(join(file('x'), 'below.csv'))).code).toBe('file_missing');
    mkdirSync(join(folder, 'folder.csv'));
    expect((await failure(join(folder, 'folder.csv'))).code).toBe('file_not_regular');
  });

  test.each(['Orders', '../orders', '', 'x'.repeat(32), 'load_history'])('the name %j', async (name) => {
    await expect(inferFeed(file('a,b\n1,2\n'), name)).rejects.toMatchObject({ code: 'usage' });
  });

  test('a name that is given is taken', async () => {
    expect((await inferFeed(file('a,b\n1,2\n'), 'payments')).name).toBe('payments');
  });
});

describe('Whatever the file', () => {
  const times = fc.date({
    min: new Date('0001-01-01T00:00Z'),
    max: new Date('9999-12-31T00:00Z'),
    noInvalidDate: true,
  });
  const one = (...values: string[]) => fc.constantFrom(...values);
  const kinds = [
    fc.string(),
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
    fc.integer().map(String),
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
    fc.tuple(fc.integer(), fc.nat()).map(([whole, decimals]) => `${whole}.${decimals}`),
    fc.double({ noNaN: true }).map(String),
    one('0', '-0', '+1', '.5', '5.', ' 7 ', '\t8', '007', '1e5', '12345678901234567890'),
    one('true', 'No', 'f', 'Y', 'off', 'ON', '0'),
    times.map((time) => time.toISOString()),
    times.map((time) => time.toISOString().slice(0, 10)),
    one(
      '31/12/2021',
      '01/02/2021',
      '12/31/2021',
      '01.02.2021',
      '29/02/2020',
      '01/02/0000',
      '01/02/2021 10:00',
    ),
    one('20210228', '19991231', '20210229', '1600000000', '1600000000.5', '4102444801'),
    one(
      '2021-03-01 00:03:21.74+00',
      '2021-03-01T00:03Z',
      '2021-03-01 00:03:21 +01:30',
      '2021-03-01 00:03+16',
    ),
    fc.uuid(),
    fc.emailAddress(),
    fc.json(),
  ];
  /** Values of one kind, and now and then none, as files write it. */
  const column = fc
    .tuple(fc.constantFrom(...kinds), fc.constantFrom('', ' ', '-', 'NULL', 'N/A'))
    .map(([kind, none]) => fc.oneof({ arbitrary: kind, weight: 9 }, fc.constant(none)));
  const name = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom('id', 'agency', 'Load_ID', 'date', 'null', 'a b', 'a_b', 'A-B', 'ünï'),
  );
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;

  const table = fc.array(column, { minLength: 1, maxLength: 6 }).chain((columns) =>
    fc.record({
      header: fc.option(fc.tuple(...columns.map(() => name))),
      rows: fc.array(fc.tuple(...columns), { minLength: 1, maxLength: 30 }),
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n'),
    }),
  );

  test('the feed is readable, the same each time, and finds every row valid that it was guessed from', async () => {
    await fc.assert(
      fc.asyncProperty(table, async ({ header, rows, delimiter, end }) => {
        const lines = [...(header ? [header] : []), ...rows].map((row) => row.map(cell).join(delimiter));
        const path = file(lines.join(end) + end, 'property.csv');
        const inferred = await inferFeed(path).catch((error: unknown) => error);
        if (inferred instanceof TallyError) {
          expect(['header_duplicate', 'usage']).toContain(inferred.code);
          return;
        }
        const { yaml, rows: count } = inferred as Awaited<ReturnType<typeof inferFeed>>;
        const read = readFeed('feeds/property.yaml', yaml);
        if ('faults' in read) throw new Error(JSON.stringify(read.faults));
        expect((await inferFeed(path)).yaml).toBe(yaml);
        expect(await validRows(path, read.feed)).toBe(count);
      }),
      { numRuns: 400 },
    );
  });

  test('no bytes crash it', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.constantFrom('"', "'", ',', ';', '\n', '\r', '\t', 'a', '1', '\0', 'é', ' '), {
          maxLength: 200,
        })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const inferred = await inferFeed(file(Buffer.from(content), 'bytes.csv')).catch(
          (error: unknown) => error,
        );
        if (!(inferred instanceof TallyError)) {
          const { yaml } = inferred as Awaited<ReturnType<typeof inferFeed>>;
          expect(readFeed('feeds/bytes.yaml', yaml)).toHaveProperty('feed');
        }
      }),
      { numRuns: 500 },
    );
  });
});
