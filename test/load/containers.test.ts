import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { zip, zstd } from '../content/packing.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const NAMES = 'customer_number,customer_rating,customer_rating_limit,customer_status';
/** Valid rows, rows with faults of all kinds, and one with what is no text. */
const ROWS = [
  '1,10,100,Zürich',
  '2,x,100,"né €, ""q"""',
  '3,30,100,"two\nlines"',
  '4,40,,né 😀 “€”',
  '5,50,100,"open',
  '6,60,100,new,more',
  '7,70,100,new',
];
const file = (end: string) => [NAMES, ...ROWS.map((row) => row.replace('\n', end)), ''].join(end);

const WINDOWS_1252: Record<string, number> = { '€': 0x80, '“': 0x93, '”': 0x94 };
const single = (text: string) =>
  Buffer.from(Array.from(text, (character) => WINDOWS_1252[character] ?? character.charCodeAt(0)));
const little = (text: string) => Buffer.from(text, 'utf16le');
const big = (text: string) => Buffer.from(text, 'utf16le').swap16();

interface Encoding {
  /** As the feed says it, and as the invalid rows do. */
  declared: string;
  raw: string;
  mark: Buffer;
  encode(text: string): Buffer;
  /** What the encoding has no character for. */
  lacks?: RegExp;
}

const ENCODINGS: Record<string, Encoding> = {
  'UTF-8': { declared: 'utf-8', raw: 'utf-8', mark: Buffer.alloc(0), encode: (text) => Buffer.from(text) },
  'UTF-8 with a mark': {
    declared: 'utf-8',
    raw: 'utf-8',
    mark: Buffer.from('\ufeff'),
    encode: (text) => Buffer.from(text),
  },
  'UTF-16, little end first': { declared: 'utf-16', raw: 'utf-16le', mark: little('\ufeff'), encode: little },
  'UTF-16, big end first': { declared: 'utf-16', raw: 'utf-16be', mark: big('\ufeff'), encode: big },
  'UTF-16 without a mark': { declared: 'utf-16', raw: 'utf-16le', mark: Buffer.alloc(0), encode: little },
  'Latin-1': { declared: 'latin1', raw: 'latin1', mark: Buffer.alloc(0), encode: single, lacks: /[€“”😀]/gu },
  'Windows-1252': {
    declared: 'windows-1252',
    raw: 'windows-1252',
    mark: Buffer.alloc(0),
    encode: single,
    lacks: /😀/gu,
  },
};

const CONTAINERS: Record<string, (bytes: Buffer) => Buffer> = {
  '': (bytes) => bytes,
  '.gz': (bytes) => gzipSync(bytes),
  '.zst': (bytes) => zstd(bytes, { blocks: [3, 50] }),
  '.zip': (bytes) => zip([{ name: 'what/ever.txt', content: bytes }]),
};

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('.env', 'TALLY_ARCHIVE_DELIVERIES=off\n');
});

function declare(encoding: string): void {
  const feed = workspace.read('feeds/customer_rating.yaml').replace(/^encoding:.*\n/m, '');
  workspace.write('feeds/customer_rating.yaml', feed.replace(/^mode:/m, `encoding: ${encoding}\nmode:`));
}

describe.each(Object.entries(ENCODINGS))('%s', (_, { declared, raw, mark, encode, lacks }) => {
  const text = file('\r\n').replace(lacks ?? /$^/, '?');
  const bytes = Buffer.concat([mark, encode(text)]);

  test.each(Object.entries(CONTAINERS))(
    'packed as «%s» has the same rows and the same reasons',
    async (ending, pack) => {
      declare(declared);
      const packed = pack(bytes);
      workspace.write(`in/customer_rating_agency_a_20261120.csv${ending}`, packed);
      const result = await workspace.load(`in/customer_rating_agency_a_20261120.csv${ending}`, {
        force: true,
      });
      expect(result).toMatchObject({ outcome: 'loaded', rowsRead: 7, rowsLoaded: 3, rowsInvalid: 4 });

      const loaded = await workspace.query(
        'select customer_number, customer_status from customer_rating_agency_a order by customer_number',
      );
      expect(loaded).toEqual([
        { customer_number: 1, customer_status: 'Zürich' },
        { customer_number: 3, customer_status: 'two\r\nlines' },
        { customer_number: 7, customer_status: 'new' },
      ]);
      const invalid = await workspace.query<Record<string, unknown>>(
        `select line_number, raw, encoding, summary, tally.readable(raw, encoding) as text
       from file_invalid_rows where load_id = $1 order by line_number`,
        [result.loadId],
      );
      const lines = text.split('\r\n');
      const expected = [
        [3, 'customer_rating: expected an integer, got `x`'],
        [6, 'customer_rating_limit: expected a value, got none'],
        [7, 'expected every quote to be closed, got one that is not in field 4'],
        [8, 'expected 4 fields, got 5'],
      ] as const;
      expect(invalid).toEqual(
        expected.map(([line, summary]) => ({
          line_number: String(line),
          raw: encode(lines[line - 1]!),
          encoding: raw,
          summary: expect.stringContaining(summary),
          text: lines[line - 1],
        })),
      );
      for (const { raw: each } of invalid) expect(bytes.includes(each as Buffer)).toBe(true);
      const [delivery] = await workspace.query(
        'select size_bytes from tally.deliveries join tally.loads using (delivery_id) where load_id = $1',
        [result.loadId],
      );
      expect(delivery).toEqual({ size_bytes: String(packed.length) });
    },
  );
});

test('half of a surrogate pair makes its row invalid, and is shown', async () => {
  declare('utf-16');
  const rows = ['1,1,1,new', '2,2,2,a\ud83d', '3,3,3,\ude00b', '4,4,4,\0'];
  workspace.write('in/customer_rating_agency_b.csv', little(['\ufeff' + NAMES, ...rows].join('\n')));
  const result = await workspace.load('in/customer_rating_agency_b.csv', { force: true });
  expect(result).toMatchObject({ rowsRead: 4, rowsLoaded: 1, rowsInvalid: 3 });
  const invalid = await workspace.query<Record<string, unknown>>(
    'select raw, summary, tally.readable(raw, encoding) as text from file_invalid_rows where load_id = $1 order by line_number',
    [result.loadId],
  );
  expect(invalid).toEqual([
    {
      raw: little(rows[1]!),
      text: '2,2,2,a\\ud83d',
      summary: 'customer_status: expected utf-16, got bytes that are not: `a\\ud83d`',
    },
    {
      raw: little(rows[2]!),
      text: '3,3,3,\\ude00b',
      summary: 'customer_status: expected utf-16, got bytes that are not: `\\ude00b`',
    },
    {
      raw: little(rows[3]!),
      text: '4,4,4,\\x00',
      summary: 'customer_status: expected a text without NUL, got `\\x00`',
    },
  ]);
});

test('a row of a megabyte in UTF-16 can be looked at', async () => {
  const [row] = await workspace.query(
    `select length(tally.readable(convert_to(repeat('ab', 500000), 'UTF8'), 'utf-16le')) as length`,
  );
  expect(row).toEqual({ length: 500_000 });
});

test('bytes that are not of the declared encoding are escaped', async () => {
  const rows = await workspace.query(
    `select tally.readable('\\x61ff', 'utf-8') as utf8, tally.readable('\\x8161', 'windows-1252') as windows`,
  );
  expect(rows).toEqual([{ utf8: 'a\\377', windows: '\\201a' }]);
});

describe('a packed file of keys that repeat', () => {
  const barcodes = 'barcode,order_reference\nA,1\nB,2\nA,3\n"C",4\nB,5\n"C",6\n';

  test.each(Object.entries(CONTAINERS))('as «%s»', async (ending, pack) => {
    for (const [declared, encode] of [
      ['utf-8', Buffer.from],
      ['utf-16', little],
    ] as const) {
      const feed = workspace.read('feeds/barcodes.yaml').replace(/^encoding:.*\n/m, '');
      workspace.write('feeds/barcodes.yaml', feed.replace(/^mode:/m, `encoding: ${declared}\nmode:`));
      const name = `in/barcodes_${declared}.csv${ending}`;
      workspace.write(name, pack((encode as (text: string) => Buffer)(barcodes)));
      const result = await workspace.load(name, { feed: 'barcodes', agency: 'agency_a', force: true });
      expect(result).toMatchObject({ outcome: 'loaded', rowsRead: 6, rowsLoaded: 3, rowsInvalid: 3 });
      const invalid = await workspace.query(
        'select tally.readable(raw, encoding) as text, line_number from file_invalid_rows where load_id = $1 order by line_number',
        [result.loadId],
      );
      expect(invalid).toEqual([
        { text: 'A,3', line_number: '4' },
        { text: 'B,5', line_number: '6' },
        { text: '"C",6', line_number: '7' },
      ]);
    }
  });
});

describe('a file that is broken in the middle', () => {
  const rows = Array.from(
    { length: 200_000 },
    (_, i) => `${i},${(i * 7919) % 1000},1000,status ${(i * 31) % 97}`,
  );
  const content = Buffer.from([NAMES, ...rows].join('\n'));
  const broken: [string, string, Buffer][] = [
    ['.gz', 'file_truncated', gzipSync(content).subarray(0, -5)],
    ['.gz', 'file_damaged', Buffer.concat([gzipSync(content), Buffer.from('x'.repeat(30))])],
    ['.zst', 'file_truncated', zstd(content).subarray(0, -5)],
    ['.zst', 'file_damaged', zstd(content, { checksum: 1 })],
    ['.zip', 'file_damaged', zip([{ name: 'a', content, crc: 1 }])],
    [
      '.gz',
      'file_unpacks_too_large',
      gzipSync(Buffer.concat([content, Buffer.alloc(512 * 1024 * 1024, '\n')])),
    ],
  ];

  test.each(broken)('%s: %s; nothing of it is loaded', async (ending, code, bytes) => {
    declare('utf-8');
    workspace.write('in/customer_rating_agency_c.csv', `${NAMES}\n1,2,3,before\n`);
    await workspace.load('in/customer_rating_agency_c.csv', { force: true });
    workspace.write(`in/customer_rating_agency_c.csv${ending}`, bytes);
    const result = await workspace.load(`in/customer_rating_agency_c.csv${ending}`, { force: true });
    expect(result).toMatchObject({ outcome: 'failed', code, rowsRead: 0, rowsLoaded: 0 });
    expect(await workspace.query('select customer_status from customer_rating_agency_c')).toEqual([
      { customer_status: 'before' },
    ]);
    const ledger = await workspace.query(
      'select outcome, code, (select count(*) from file_invalid_rows where load_id = $1) as invalid from tally.loads where load_id = $1',
      [result.loadId],
    );
    expect(ledger).toEqual([{ outcome: 'failed', code, invalid: '0' }]);
  });
});

test('a list of JSON may be packed, and be UTF-16', async () => {
  const json = '{"items":[{"id":1,"name":"Zürich 😀","enabled":true},{"name":"b","enabled":true}]}';
  workspace.write('in/kinds.zip', zip([{ name: 'kinds.json', content: Buffer.from(json) }]));
  const result = await workspace.load('in/kinds.zip', {
    feed: 'ticket_types',
    agency: 'agency_a',
    force: true,
  });
  expect(result).toMatchObject({ outcome: 'loaded', rowsLoaded: 1, rowsInvalid: 1 });
  const feed = workspace.read('feeds/ticket_types.yaml');
  workspace.write('feeds/ticket_types.yaml', feed.replace(/^mode:/m, 'encoding: utf-16\nmode:'));
  workspace.write('in/kinds.json', big('\ufeff' + json));
  const other = await workspace.load('in/kinds.json', {
    feed: 'ticket_types',
    agency: 'agency_b',
    force: true,
  });
  expect(other).toMatchObject({ outcome: 'loaded', rowsLoaded: 1, rowsInvalid: 1 });
  const [row] = await workspace.query<{ raw: Buffer }>(
    'select raw from file_invalid_rows where load_id = $1',
    [other.loadId],
  );
  expect(row!.raw).toEqual(big('{"name":"b","enabled":true}'));
});

test('many invalid rows of a packed file have its bytes and say its encoding', async () => {
  declare('utf-16');
  const rows = Array.from({ length: 40_000 }, (_, i) => (i % 2 ? `${i},1,1,gültig` : `x${i},1,1,ungültig`));
  workspace.write(
    'in/customer_rating_agency_d.csv.gz',
    gzipSync(big(['\ufeff' + NAMES, ...rows].join('\n'))),
  );
  const result = await workspace.load('in/customer_rating_agency_d.csv.gz', { force: true });
  expect(result).toMatchObject({ rowsRead: 40_000, rowsLoaded: 20_000, rowsInvalid: 20_000 });
  const found = await workspace.query<{ raw: Buffer; encoding: string; text: string }>(
    'select raw, encoding, tally.readable(raw, encoding) as text from file_invalid_rows where load_id = $1 order by line_number',
    [result.loadId],
  );
  const expected = rows.filter((_, i) => i % 2 === 0);
  expect(found.map((row) => row.text)).toEqual(expected);
  expect(found.every((row, i) => row.raw.equals(big(expected[i]!)) && row.encoding === 'utf-16be')).toBe(
    true,
  );
});
