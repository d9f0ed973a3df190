import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { expectNoStack } from './ran.js';

/** Files that are not what they should be, through the command itself: what it says, what it exits with, what it leaves. */

const NAMES = 'customer_number,customer_rating,customer_rating_limit,customer_status';
const RATINGS = 'customer_rating_agency_a_20240305.csv';
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240301.csv', `${NAMES}\n1,2,3,new\n2,2,3,new\n`);
  workspace.write(
    'feeds/orders_too.yaml',
    "title: T.\nfiles: ['orders_{date:YYYYMMDD}*.csv']\nmode: replace\ncolumns: [{ name: a, type: text }]\n",
  );
  expect((await workspace.tally(['run'])).code).toBe(0);
});

afterEach(() => {
  rmSync(join(workspace.folder, 'inbox'), { recursive: true });
  mkdirSync(join(workspace.folder, 'inbox'));
});

/** Delivered under this name, one run says this code, exits so, and tells so; the file stays and the rows before too. */
async function expectRefused(name: string, code: string, exit: number, says: RegExp): Promise<void> {
  const ran = await workspace.tally(['run']);
  expectNoStack(ran);
  const failed = ran.stdout.split('\n').filter((line) => / \(failed(, load \d+)?\): /.test(line));
  expect(failed).toEqual([expect.stringMatching(says)]);
  expect(ran.code).toBe(exit);
  const [last] = await workspace.query(
    'select outcome, code, rows_read::int as rows_read from tally.loads order by load_id desc limit 1',
  );
  expect(last).toEqual({ outcome: 'failed', code, rows_read: 0 });
  expect(workspace.list('inbox')).toContain(name);
  expect(await workspace.query('select customer_number from customer_rating order by 1')).toEqual([
    { customer_number: 1 },
    { customer_number: 2 },
  ]);
  expect(workspace.list('output').some((file) => file.startsWith('Customer_Rating_Aggregate_Report_'))).toBe(
    true,
  );
}

describe('a file that is refused as a whole', () => {
  const refused: [string, string, string | Buffer, string, RegExp][] = [
    [
      'an empty file',
      RATINGS,
      '',
      'file_empty',
      /The file is empty; expected a header with customer_number, /,
    ],
    ['nothing but empty lines', RATINGS, '\r\n\r\n\n', 'file_empty', /The file is empty/],
    [
      'another delimiter',
      RATINGS,
      `${NAMES}\n1,2,3,new\n`.replaceAll(',', ';'),
      'header_missing_column',
      /The header lacks customer_number, .*; it has `customer_number;/,
    ],
    [
      'missing columns',
      RATINGS,
      'customer_no,customer_rating,customer_status\n1,2,new\n',
      'header_missing_column',
      /The header lacks customer_number \(the closest name in the header is `customer_no`\)/,
    ],
    [
      'no header at all',
      RATINGS,
      '1,2,3,new\n2,2,3,new\n',
      'header_missing_column',
      /The header lacks customer_number.*it has `1`, `2`, `3`, `new`/,
    ],
    [
      'a column twice',
      RATINGS,
      `${NAMES}, CUSTOMER_NUMBER\n1,2,3,new,4\n`,
      'header_duplicate',
      /The header names customer_number twice \(columns 1 and 5\)/,
    ],
    [
      'quotes in the header that do not work out',
      RATINGS,
      '"customer_number,customer_rating\n1,2\n',
      'header_malformed',
      /The quotes of the first line do not work out/,
    ],
    [
      'UTF-16 with its mark',
      RATINGS,
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(`${NAMES}\n1,2,3,new\n`)]),
      'file_encoding',
      /UTF-16, and the feed says utf-8/,
    ],
    [
      'UTF-16, big end first',
      RATINGS,
      Buffer.concat([Buffer.from([0xfe, 0xff]), utf16(`${NAMES}\n`).swap16()]),
      'file_encoding',
      /UTF-16, and the feed says utf-8/,
    ],
    ['UTF-16 without a mark', RATINGS, utf16(`${NAMES}\n1,2,3,new\n`), 'file_encoding', /looks like UTF-16/],
    ['an empty JSON file', 'ticket_types.json', '', 'file_empty', /The file is empty; expected JSON/],
    [
      'JSON that is none',
      'ticket_types.json',
      '{"items": [{"id": 1,]}',
      'json_malformed',
      /The file is not JSON: line 1/,
    ],
    [
      'JSON of another form',
      'ticket_types.json',
      '"tickets"',
      'json_malformed',
      /The JSON is string; expected a list of objects/,
    ],
  ];

  test.each(refused)('%s', async (_, name, content, code, says) => {
    workspace.write(`inbox/${name}`, content);
    await expectRefused(name, code, 1, says);
    expect(readFileSync(join(workspace.folder, 'inbox', name))).toEqual(Buffer.from(content));
  });

  test('is not tried again while nothing changes, and is as soon as it does', async () => {
    workspace.write(`inbox/${RATINGS}`, `${NAMES},customer_status\n`);
    await expectRefused(RATINGS, 'header_duplicate', 1, /twice/);
    const again = await workspace.tally(['run']);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/skipped \(still refused\)/);
    expect(again.stdout).toMatch(/and the file has not changed: The header names customer_status twice/);
    expect((await workspace.tally(['load', `inbox/${RATINGS}`])).code).toBe(1);

    workspace.write(`inbox/${RATINGS}`, `${NAMES}\n1,9,9,new\n2,9,9,new\n`);
    expect((await workspace.tally(['run'])).stdout).toMatch(/ loaded$/m);
  });
});

describe('a line without an end', () => {
  test('of 1 GB refuses the file, in the memory that any other file takes', async () => {
    const path = join(workspace.folder, 'inbox', RATINGS);
    // Sparse: it takes no room on the disk, and is read like any other.
    const file = openSync(path, 'w');
    writeSync(file, `${NAMES}\n1,2,3,`);
    ftruncateSync(file, 1024 ** 3);
    closeSync(file);
    const peak = workspace.write('peak', '');
    const ran = await workspace.tally(['load', path], {
      env: { NODE_OPTIONS: `--require=${resolve('bench/peak.cjs')}`, BENCH_PEAK: peak },
    });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /\(failed, load \d+\): Line 2 is longer than 1048576 bytes, so the file was refused; nothing of it was loaded\.\n {2}If rows of this length are right, raise TALLY_MAX_ROW_BYTES/,
    );
    const kilobytes = Math.max(...readFileSync(peak, 'utf8').trim().split('\n').map(Number));
    expect(kilobytes).toBeLessThan(400 * 1024);
    expect(statSync(path).size).toBe(1024 ** 3);
  });
});

describe('a file that is no delivery', () => {
  test('a folder, in the inbox and named', async () => {
    mkdirSync(join(workspace.folder, 'inbox', RATINGS));
    await expectRefused(RATINGS, 'file_not_regular', 1, /is a folder; expected a file\./);
    const named = await workspace.tally(['load', `inbox/${RATINGS}`, 'inbox']);
    expect(named.code).toBe(1);
    expect(named.stdout).toMatch(
      /^inbox \(failed\): .*inbox is a folder; expected files\.\n {2}To load what lies in the inbox: tally run$/m,
    );
    expectNoStack(named);
  });

  test('a link that leads nowhere', async () => {
    symlinkSync('/nowhere/at/all', join(workspace.folder, 'inbox', RATINGS));
    await expectRefused(RATINGS, 'file_unreadable', 1, /is a link to a file that is not there/);
  });

  test('one of an agency that is not declared: a matter of configuration', async () => {
    const name = 'Customer Rating Agency Aa Inc.csv';
    workspace.write(`inbox/${name}`, `${NAMES}\n1,2,3,new\n`);
    await expectRefused(
      name,
      'unknown_agency',
      2,
      /The agency `Agency Aa` \(agency_aa\) is not declared in agencies.yaml; did you mean agency_a\?/,
    );
  });

  test('one that no feed has a name for is left alone, and said', async () => {
    workspace.write('inbox/readme.txt', 'hello');
    const ran = await workspace.tally(['run']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(
      'No feed has such names, left alone: readme.txt\nNothing new in the inbox.\n',
    );
    const named = await workspace.tally(['load', 'inbox/readme.txt']);
    expect(named.code).toBe(2);
    expect(named.stdout).toMatch(
      /^readme\.txt \(failed\): No feed has files with a name like readme\.txt\.\n {2}Say --feed \(barcodes, /m,
    );
    expect(workspace.list('inbox')).toEqual(['readme.txt']);
  });

  test('one that two feeds have a name for', async () => {
    workspace.write('inbox/orders_20240305.csv', 'order_reference\nO-1\n');
    const ran = await workspace.tally(['run']);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(
      /^orders_20240305\.csv \(failed\): The name orders_20240305\.csv is one of orders and orders_too: it cannot be told which\.$/m,
    );
    expect(workspace.list('inbox')).toEqual(['orders_20240305.csv']);
    expect((await workspace.tally(['load', 'inbox/orders_20240305.csv', '--feed', 'orders'])).code).toBe(0);
  });

  test('files that are not there, in the inbox and elsewhere', async () => {
    const ran = await workspace.tally(['load', 'nosuch.csv', `inbox/${RATINGS}`]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^nosuch\.csv \(failed\): There is no file .*nosuch\.csv\.$/m);
    expect(ran.stdout).toMatch(new RegExp(`^${RATINGS} \\(failed\\): There is no file `, 'm'));
    expectNoStack(ran);
  });
});

describe('what looks odd and is right', () => {
  test('a UTF-8 mark is no part of the first name', async () => {
    workspace.write('inbox/sales_channels_agency_b_20240305.csv', '\ufeffid,name\n1,Web\n');
    const ran = await workspace.tally(['run']);
    expect(ran.code).toBe(0);
    expect(await workspace.query('select id, name from sales_channels_agency_b')).toEqual([
      { id: '1', name: 'Web' },
    ]);
  });

  test('a header alone holds the load, and the rows before stay', async () => {
    const name = 'customer_rating_agency_a_20240401.csv';
    workspace.write(`inbox/${name}`, `${NAMES}\r\n`);
    const ran = await workspace.tally(['run']);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toMatch(/agency_a {2}2024-04-01 +0 +0 +0 .* held$/m);
    expect(ran.stdout).toMatch(/Accept: tally load --accept-held \d+/);
    expect(existsSync(join(workspace.folder, 'inbox', name))).toBe(true);
  });

  test('names with quotes, line breaks, any letter, leading dashes and blanks', async () => {
    const agencies = `default: agency_a\nagencies:\n  agency_a: { name: Agency A, files: { sales_channels: ['*channel*.csv'] } }\n`;
    const before = readFileSync(join(workspace.folder, 'agencies.yaml'));
    workspace.write('agencies.yaml', agencies);
    const names = [
      '--force channel.csv',
      ' channel.csv',
      `it's "a" channel.csv`,
      'line\nbreak channel.csv',
      'Zürich 東京 channel.csv',
      '\u001b[31mchannel.csv',
    ];
    for (const [index, name] of names.entries()) workspace.write(`inbox/${name}`, `id,name\n${index},x\n`);
    const ran = await workspace.tally(['run']);
    workspace.write('agencies.yaml', before);
    expect(ran.code).toBe(0);
    expect(`${ran.stdout}${ran.stderr}`).not.toContain('\u001b');
    const files = await workspace.query(
      "select file_name from tally.loads where feed = 'sales_channels' and agency = 'agency_a' and outcome = 'loaded'",
    );
    expect(files.map((row) => row.file_name).sort()).toEqual([...names].sort());
    expect(workspace.list('inbox')).toEqual([]);
  });
});
