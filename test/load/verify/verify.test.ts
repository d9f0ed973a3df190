import { describe, expect, test } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';
import { load, told, verify, verifyOne } from './verifying.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const RATINGS = `${HEADER}1,10,100,regular\n2,20,100,high-value\nx,30,100,regular\n4,40,100,\n4,40,100,\n5,50,100,new\n5,50,100,new\n`;
const FILE = 'Customer Rating Agency A Inc.csv';
const TABLE = 'customer_rating_agency_a';

async function rated(): Promise<Workspace> {
  const workspace = await createWorkspace();
  await load(workspace, FILE, RATINGS);
  return workspace;
}

const archived = (workspace: Workspace, file = FILE, feed = 'customer_rating', date = '2026-11-20') =>
  join(workspace.folder, 'archive', feed, date, file);

describe('a load that nobody has touched', () => {
  test('is verified, by digest and row for row, and the ledger says so', async () => {
    const workspace = await rated();
    const byDigest = await verifyOne(workspace);
    expect(byDigest).toMatchObject({
      loadId: '1',
      outcome: 'verified',
      rowForRow: false,
      differenceCount: 0,
      code: null,
      counted: { rowsRead: 7, rowsLoaded: 4, rowsInvalid: 3, rowsRepeated: 0 },
    });
    expect(byDigest.fileDigest).toMatch(/^[0-9a-f]{32}$/);
    expect(byDigest.tableDigest).toBe(byDigest.fileDigest);
    const rowForRow = await verifyOne(workspace, { rowForRow: true });
    expect(rowForRow).toMatchObject({
      outcome: 'verified',
      rowForRow: true,
      fileDigest: byDigest.fileDigest,
    });
    expect(
      await workspace.query(
        'select load_id::int, outcome, row_for_row, rows_loaded::int, file_digest = table_digest as same, differences::int, found from tally.verifications order by 1',
      ),
    ).toEqual(
      [false, true].map((rows) => ({
        load_id: 1,
        outcome: 'verified',
        row_for_row: rows,
        rows_loaded: 4,
        same: true,
        differences: 0,
        found: [],
      })),
    );
  });

  test('whatever its feed: keys, appended and upserted rows, JSON, defaults', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'barcodes.csv', 'barcode,order_id\nb1,7\n"b2",\nb1,8\n\nb2,9\n');
    await load(
      workspace,
      'ticket_types.json',
      '{"items":[{"id":1,"name":"A \\"b\\"","enabled":true},{"id":2,"name":null}]}',
    );
    await load(
      workspace,
      'usage_events.csv',
      'C-1,scan,e-1,2021-03-01 00:03:21.74+00\nC-1,scan,e-1,2021-03-01 00:03:21.74+00\nC-1,scan,e-2,x\n',
    );
    await load(
      workspace,
      'orders.csv',
      'order_id,customer_id,order_timestamp\nO-1,C-1,1600000000\nO-2,C-1,2021-03-01T10:00:00+02:00\n',
    );
    await load(workspace, 'items.csv', 'order_id,total_price\nO-1,1.50\nO-1,1.5\nO-1,-0\n');
    await load(workspace, FILE, HEADER);
    const done = await verify(workspace, { rowForRow: true });
    expect(done.map(({ feed, outcome, differences }) => [feed, outcome, differences])).toEqual(
      ['barcodes', 'customer_rating', 'items', 'orders', 'ticket_types', 'usage_events'].map((feed) => [
        feed,
        'verified',
        [],
      ]),
    );
  });

  test('written in other ways: encodings, words for null, delimiters, dates, quotes, backslashes', async () => {
    const workspace = await createWorkspace();
    const columns =
      'columns:\n  - { name: a, type: text, default: "n\\\\a" }\n  - { name: b, type: varchar(20) }\n  - { name: d, type: date, formats: [DD/MM/YYYY, iso] }\n';
    const feed = (name: string, rest: string) =>
      workspace.write(
        `feeds/${name}.yaml`,
        `title: T.\nfiles: [${name}.csv]\nmode: replace\n${rest}${columns}`,
      );
    feed('western', 'encoding: windows-1252\nnulls: ["NULL", "\\\\N"]\n');
    feed('wide', 'delimiter: "||"\nquote: "\'"\n');
    feed('bare', 'header: none\ndelimiter: ";"\ncomment: "#"\n');
    await load(
      workspace,
      'western.csv',
      Buffer.from(
        'a,b,d\r\n\x80 5,NULL,01/02/2020\r\n"x\r\n""y""",\\N,2020-02-03\r\n,\\t,\r\n\\.,a\tb,\r\n',
        'latin1',
      ),
    );
    await load(workspace, 'wide.csv', "b||zzz||a||d\nx||1||'a||b\n''c'||\n\\||2||\\\\n||\n");
    await load(workspace, 'bare.csv', '# no row\n1;2;01/01/2020\n"";" ";\n\\N;\\;2020-01-01\n');
    const done = await verify(workspace, { rowForRow: true });
    expect(done.map((each) => [each.feed, each.outcome, told(each), each.counted?.rowsInvalid])).toEqual([
      ['bare', 'verified', [], 0],
      ['western', 'verified', [], 0],
      ['wide', 'verified', [], 0],
    ]);
    expect(await workspace.query('select a, b, d::text from western limit 2')).toEqual([
      { a: '€ 5', b: null, d: '2020-02-01' },
      { a: 'x\r\n"y"', b: null, d: '2020-02-03' },
    ]);
    await workspace.query("update western set a = '\u20ac 6' where a = '\u20ac 5'");
    expect(told(await verifyOne(workspace, { feed: 'western' }))).toEqual([
      'row: line 2: a: expected `€ 5`, found `€ 6` | € 5,NULL,01/02/2020',
    ]);
  });
});

describe('a value that was changed in the table is found, with line, row and column', () => {
  const TYPES: [type: string, value: string, other: string, found: string | null][] = [
    ['integer', '7', '8', '8'],
    ['bigint', '9007199254740993', '9007199254740992', '9007199254740992'],
    ['numeric', '1.50', "'1.5'", '1.5'],
    ['numeric(9,2)', '1.50', "'1.51'", '1.51'],
    ['boolean', 'yes', 'false', 'false'],
    ['text', 'a', "'a '", 'a '],
    ['text', '', "''", ''],
    ['text', 'é', "E'e\\u0301'", 'e\u0301'],
    ['varchar(5)', 'abc', 'null', null],
    ['date', '2020-01-31', "'2020-02-01'", '2020-02-01'],
    [
      'timestamp',
      '2020-01-31 10:00:00.000001+00',
      "'2020-01-31 10:00:00.000002+00'",
      '2020-01-31 10:00:00.000002+00',
    ],
    [
      'uuid',
      '00000000-0000-0000-0000-00000000000A',
      "'00000000-0000-0000-0000-00000000000b'",
      '00000000-0000-0000-0000-00000000000b',
    ],
    ['email', 'a@b.ch', "'a@B.ch'", 'a@B.ch'],
    ['json', '{"b": 1.0, "a": [2]}', `'{"a": [2], "b": 1.00}'`, '{"a": [2], "b": 1.00}'],
  ];

  test.each(TYPES)('%s `%s`', async (type, value, other, found) => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/things.yaml',
      `title: Things.\nfiles: [things.csv]\nmode: replace\ncolumns:\n  - { name: id, type: integer }\n  - { name: value, type: "${type}" }\n`,
    );
    const field = `"${value.replaceAll('"', '""')}"`;
    await load(workspace, 'things.csv', `id,value\n1,${field}\n2,${field}\n3,${field}\n`);
    expect(await verifyOne(workspace)).toMatchObject({ outcome: 'verified' });
    await workspace.query(`update things set value = ${other} where id = 2`);
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({ outcome: 'different', code: 'warehouse_differs', differenceCount: 1 });
    expect(done.differences).toMatchObject([
      { kind: 'row', line: 3, row: `2,${field}`, columns: [{ column: 'value', found }] },
    ]);
    expect(done.tableDigest).not.toBe(done.fileDigest);
    expect(
      await workspace.query(
        "select outcome, found -> 0 ->> 'line' as line from tally.verifications order by verification_id",
      ),
    ).toEqual([
      { outcome: 'verified', line: null },
      { outcome: 'different', line: '3' },
    ]);
  });
});

describe('rows', () => {
  test('that were deleted are found', async () => {
    const workspace = await rated();
    await workspace.query(`delete from ${TABLE} where customer_number = 2`);
    const done = await verifyOne(workspace);
    expect(told(done)).toEqual(['row: line 3 is not in the table | 2,20,100,high-value']);
  });

  test('that were added are found, and those that were added once more', async () => {
    const workspace = await rated();
    await workspace.query(
      `insert into ${TABLE} values ('agency_a', 77, 78, 79, 'x'), ('agency_a', 1, 10, 100, 'regular')`,
    );
    const done = await verifyOne(workspace);
    expect(done.differenceCount).toBe(2);
    expect(told(done).sort()).toEqual([
      'row: the table has a row 2 times, more often than the file | 1,10,100,regular',
      'row: the table has a row that is not in the file | 77,78,79,x',
    ]);
  });

  test('that occur twice in the file and once in the table are found', async () => {
    const workspace = await rated();
    await workspace.query(
      `delete from ${TABLE} where ctid = (select max(ctid) from ${TABLE} where customer_number = 5)`,
    );
    expect(told(await verifyOne(workspace))).toEqual(['row: line 8 is not in the table | 5,50,100,new']);
  });

  test('that changed all at once are counted, and the first are told with their lines', async () => {
    const workspace = await createWorkspace();
    let text = HEADER;
    for (let i = 1; i <= 3000; i++) text += `${i},${i % 100},100,regular\n`;
    await load(workspace, FILE, text);
    await workspace.query(`update ${TABLE} set customer_rating = customer_rating + 1`);
    const done = await verifyOne(workspace, { limit: 3 });
    expect(done.differenceCount).toBe(3000);
    expect(told(done)).toEqual([
      'row: line 2: customer_rating: expected `1`, found `2` | 1,1,100,regular',
      'row: line 3: customer_rating: expected `2`, found `3` | 2,2,100,regular',
      'row: line 4: customer_rating: expected `3`, found `4` | 3,3,100,regular',
    ]);
    await workspace.query(`delete from ${TABLE}`);
    expect(await verifyOne(workspace, { limit: 1 })).toMatchObject({
      differenceCount: 3000,
      differences: [{ message: 'line 2 is not in the table' }],
    });
  });

  test('with long values are shown where they begin to differ', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/notes.yaml',
      'title: Notes.\nfiles: [notes.csv]\nmode: replace\ncolumns:\n  - { name: id, type: integer }\n  - { name: note, type: text }\n',
    );
    await load(workspace, 'notes.csv', `id,note\n1,${'x'.repeat(1000)}y\n`);
    await workspace.query("update notes set note = replace(note, 'y', 'z')");
    const [difference] = (await verifyOne(workspace)).differences;
    expect(difference!.columns).toEqual([
      { column: 'note', expected: `…${'x'.repeat(40)}y`, found: `…${'x'.repeat(40)}z` },
    ]);
  });

  test('of a column that was dropped cannot be as they were', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'sales_channels.csv', 'id,name\n1,Web\n');
    await workspace.query('alter table sales_channels drop column name cascade');
    const done = await verifyOne(workspace);
    expect(done.outcome).toBe('different');
    expect(told(done)).toEqual(['table: The table load_1 has no column name.']);
  });

  test('of another version than the live one are not what readers should see', async () => {
    const workspace = await rated();
    await workspace.query(
      `alter table ${TABLE} detach partition tally_version.load_1; create table tally_version.load_9 partition of ${TABLE} for values in ('agency_a')`,
    );
    expect(told(await verifyOne(workspace))).toEqual([
      `table: the table ${TABLE} consists of load_9; expected load_1, which the ledger says is live`,
    ]);
  });
});

describe('the file', () => {
  test('of which a byte was changed is told with the line that differs', async () => {
    const workspace = await rated();
    const path = archived(workspace);
    writeFileSync(path, readFileSync(path, 'utf8').replace('2,20,100', '2,21,100'));
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({ outcome: 'different', differenceCount: 2 });
    expect(told(done)).toEqual([
      expect.stringMatching(
        /^file: the file has the sha256 [0-9a-f]{64}; when it was delivered it was [0-9a-f]{64}$/,
      ),
      'row: line 3: customer_rating: expected `21`, found `20` | 2,21,100,high-value',
    ]);
  });

  test('that can no longer be read as a delivery differs', async () => {
    const workspace = await rated();
    writeFileSync(archived(workspace), 'nothing,of,it\n1,2,3\n');
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({ outcome: 'different', counted: null });
    expect(done.differences.map(({ kind }) => kind)).toEqual(['file', 'file']);
    expect(done.differences[1]!.message).toContain('The header lacks customer_number');
  });

  test('that is gone makes the load unverifiable, until it is said where it is', async () => {
    const workspace = await rated();
    rmSync(archived(workspace));
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({
      outcome: 'unverifiable',
      code: 'not_verifiable',
      message: expect.stringContaining('There is no file'),
      hint: 'If it lies elsewhere: tally verify --load 1 --file FILE',
    });
    const file = join(workspace.folder, 'files', FILE);
    expect(await verifyOne(workspace, { load: '1', file })).toMatchObject({ outcome: 'verified' });
  });

  test('that was never archived is found in the inbox by its content', async () => {
    const workspace = await createWorkspace();
    workspace.write(`inbox/${FILE}`, RATINGS);
    await workspace.run({ TALLY_ARCHIVE_DELIVERIES: 'off' });
    expect(await verifyOne(workspace)).toMatchObject({ outcome: 'verified' });
    workspace.write(`inbox/${FILE}`, `${RATINGS}9,9,9,new\n`);
    expect(await verifyOne(workspace)).toMatchObject({
      outcome: 'unverifiable',
      message: expect.stringContaining('no file of this name and content lies in the inbox'),
    });
  });
});

describe('invalid rows', () => {
  test('whose bytes were changed are found', async () => {
    const workspace = await rated();
    await workspace.query("update file_invalid_rows set raw = 'y,30,100,regular' where line_number = 4");
    const done = await verifyOne(workspace);
    expect(done.differenceCount).toBe(1);
    expect(done.differences).toMatchObject([
      {
        kind: 'invalid_row',
        line: 4,
        row: 'x,30,100,regular',
        columns: [{ column: 'raw', expected: 'x,30,100,regular', found: 'y,30,100,regular' }],
      },
    ]);
  });

  test('that were deleted, added, or moved to another line are found', async () => {
    const workspace = await rated();
    await workspace.query('delete from file_invalid_rows where line_number = 4');
    expect(told(await verifyOne(workspace))).toEqual([
      'invalid_row: line 4 is invalid, and is not in file_invalid_rows | x,30,100,regular',
    ]);
    await workspace.query(
      "insert into file_invalid_rows select load_id, n, feed, agency, file_name, table_name, '2,20,100,high-value', reasons, summary from file_invalid_rows, (values (1), (3), (99)) as line (n) where line_number = 5",
    );
    expect(told(await verifyOne(workspace))).toEqual([
      'invalid_row: file_invalid_rows has a row of line 1, on which no row of the file begins',
      'invalid_row: line 3 is valid, and is in file_invalid_rows | 2,20,100,high-value',
      'invalid_row: line 4 is invalid, and is not in file_invalid_rows | x,30,100,regular',
      'invalid_row: file_invalid_rows has a row of line 99, on which no row of the file begins',
    ]);
  });

  test('are compared in bounded steps, however many there are', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/numbers.yaml',
      'title: N.\nfiles: [numbers.csv]\nmode: replace\nguards: { max_invalid_percent: 100 }\ncolumns:\n  - { name: id, type: integer, required: true }\n',
    );
    let text = 'id\n';
    for (let i = 0; i < 250_000; i++) text += i % 3 === 0 ? `${i}\n` : `a${i}\n`;
    await load(workspace, 'numbers.csv', text);
    expect(await verifyOne(workspace)).toMatchObject({
      outcome: 'verified',
      counted: { rowsInvalid: 166_666 },
    });
    await workspace.query('delete from file_invalid_rows where line_number in (3, 100000, 250000)');
    const done = await verifyOne(workspace, { limit: 2 });
    expect(done.differenceCount).toBe(3);
    expect(done.differences.map(({ line, row }) => [line, row])).toEqual([
      [3, 'a1'],
      [100000, 'a99998'],
    ]);
  });
});

describe('the ledger', () => {
  test('is held against the file', async () => {
    const workspace = await rated();
    await workspace.query('update tally.loads set rows_read = rows_read + 1, rows_loaded = rows_loaded + 1');
    expect(told(await verifyOne(workspace))).toEqual([
      'ledger: the ledger counts 8 rows as read; by the file they are 7',
      'ledger: the ledger counts 5 rows as loaded; by the file they are 4',
    ]);
  });

  test('keeps each declaration of a feed, so that a load is verified by its own', async () => {
    const workspace = await createWorkspace();
    const feed = (min: number, more = '') =>
      workspace.write(
        'feeds/stock.yaml',
        `title: Stock.\nfiles: [stock.csv]\nmode: replace\ncolumns:\n  - { name: id, type: integer, min: ${min} }\n${more}`,
      );
    feed(2);
    await load(workspace, 'stock.csv', 'id\n1\n2\n3\n');
    feed(3, '  - { name: n, type: integer, default: 5 }\n');
    await workspace.run();
    expect(await verifyOne(workspace)).toMatchObject({ outcome: 'verified', counted: { rowsInvalid: 1 } });
    await workspace.query('delete from tally.feed_definitions where feed = $1', ['stock']);
    expect(await verifyOne(workspace)).toMatchObject({
      outcome: 'unverifiable',
      message: expect.stringContaining('The feed stock has changed since load 1'),
    });
  });

  test('keeps the time zone in which times were read', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/visits.yaml',
      'title: Visits.\nfiles: [visits.csv]\nmode: replace\ncolumns:\n  - { name: at, type: timestamp }\n',
    );
    workspace.write('.env', 'TALLY_TIME_ZONE=Europe/Zurich\n');
    await load(workspace, 'visits.csv', 'at\n2020-07-01 12:00\n2020-10-25 02:30\n');
    workspace.write('.env', 'TALLY_TIME_ZONE=Asia/Tokyo\n');
    expect(await verifyOne(workspace)).toMatchObject({ outcome: 'verified' });
    await workspace.query("update visits set at = at + interval '1 microsecond' where at < '2020-08-01'");
    expect((await verifyOne(workspace)).differences).toMatchObject([{ line: 2 }]);
  });
});

describe('which loads are verified', () => {
  test('held ones and the version before, when they are asked for; of those whose rows are gone the rest', async () => {
    const workspace = await createWorkspace();
    const rows = (n: number) =>
      HEADER + Array.from({ length: n }, (_, i) => `${i},1,100,regular\n`).join('') + 'x,1,1,new\n';
    await load(workspace, FILE, rows(10), '2026-11-16');
    await load(workspace, FILE, rows(11), '2026-11-17');
    await load(workspace, FILE, rows(12), '2026-11-18');
    await load(workspace, FILE, rows(5), '2026-11-10');
    workspace.write(`inbox/customer_rating_agency_a_20261119.csv`, rows(1));
    expect((await workspace.run()).loads).toMatchObject([{ loadId: '5', outcome: 'held' }]);

    expect((await verify(workspace)).map(({ loadId, outcome }) => [loadId, outcome])).toEqual([
      ['3', 'verified'],
    ]);
    expect(await verifyOne(workspace, { load: '5' })).toMatchObject({ outcome: 'verified' });
    expect(await verifyOne(workspace, { load: '2' })).toMatchObject({ outcome: 'verified' });
    for (const gone of ['1', '4']) {
      expect(await verifyOne(workspace, { load: gone })).toMatchObject({
        outcome: 'unverifiable',
        message: expect.stringContaining('no longer in the warehouse'),
        counted: { rowsInvalid: 1 },
      });
    }
    await workspace.query('update tally_version.load_5 set customer_rating = 2');
    await workspace.query("update file_invalid_rows set raw = 'z' where load_id = 4");
    expect((await verifyOne(workspace, { load: '5' })).differences).toMatchObject([{ line: 2 }]);
    expect((await verifyOne(workspace, { load: '4' })).differences).toMatchObject([
      { kind: 'invalid_row', line: 7 },
    ]);
  });

  test('none that brought no rows of its own', async () => {
    const workspace = await rated();
    workspace.write(`files/${FILE}`, RATINGS);
    expect(await workspace.load(`files/${FILE}`, { date: '2026-11-21' })).toMatchObject({
      outcome: 'unchanged',
    });
    expect(await verifyOne(workspace, { load: '2' })).toMatchObject({
      outcome: 'unverifiable',
      message: 'Load 2 is unchanged, so it brought no rows of its own.',
    });
    await expect(verify(workspace, { load: '99' })).rejects.toMatchObject({ code: 'unknown_load' });
    await expect(verify(workspace, { feed: 'barcodes' })).rejects.toMatchObject({ code: 'not_verifiable' });
    expect(await verify(workspace, { agency: 'Agency A' })).toMatchObject([{ loadId: '1' }]);
  });

  test('that of a rollback, as of then', async () => {
    const workspace = await rated();
    await load(workspace, FILE, `${HEADER}8,8,8,new\n9,9,9,new\n`, '2026-11-21');
    await workspace.tally(['rollback', '--feed', 'customer_rating', '--agency', 'agency_a']);
    expect(await verify(workspace)).toMatchObject([{ loadId: '1', outcome: 'verified' }]);
  });

  test('while another load replaces what is verified', async () => {
    const workspace = await rated();
    let other: Promise<unknown> | undefined;
    const done = await verify(
      workspace,
      {},
      {
        progress: () => {
          other ??= load(workspace, FILE, `${HEADER}8,8,8,new\n9,9,9,new\n`, '2026-11-21');
        },
      },
    );
    await other;
    expect(done).toMatchObject([{ loadId: '1', outcome: 'verified' }]);
    expect(await verify(workspace)).toMatchObject([{ loadId: '2', outcome: 'verified' }]);
  });
});

describe('keys', () => {
  const BARCODES = 'barcode,order_id\nb1,7\nb2,\nb1,8\nb3,\nb2,9\n';

  test('whose repeated rows are not where they belong are found', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'barcodes.csv', BARCODES);
    await workspace.query('delete from file_invalid_rows where line_number = 4');
    await workspace.query("update barcodes set line_number = 44 where barcode = 'b3'");
    const done = await verifyOne(workspace);
    expect(told(done)).toEqual([
      'invalid_row: line 4 repeats the key of line 2, and is not in file_invalid_rows | b1,8',
      'row: line 5: line_number: expected `5`, found `44` | b3,',
    ]);
  });

  test('of which the first row was exchanged for a later one are found', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'barcodes.csv', BARCODES);
    await workspace.query("update barcodes set order_reference = '8', line_number = 4 where barcode = 'b1'");
    expect(told(await verifyOne(workspace))).toEqual([
      'row: line 2: line_number: expected `2`, found `4`; order_reference: expected `7`, found `8` | b1,7',
    ]);
  });

  test('of groups of columns are compared as they were', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/prices.yaml',
      'title: Prices.\nfiles: [prices.csv]\nmode: replace\nkey: id\nunique: [[name, size]]\ncolumns:\n' +
        '  - { name: id, type: integer, required: true }\n  - { name: name, type: text }\n  - { name: size, type: text }\n',
    );
    await load(workspace, 'prices.csv', 'id,name,size\n7,a,x\n 007 ,b,x\n8,a,x\n9,,x\n10,,x\n');
    expect(await verifyOne(workspace, { rowForRow: true })).toMatchObject({
      outcome: 'verified',
      counted: { rowsLoaded: 3, rowsInvalid: 2 },
    });
  });
});

describe('append', () => {
  const EVENT = (n: number, type = 'scan') => `C-${n},${type},e-${n},2021-03-01 00:03:2${n}+00\n`;

  async function appended(): Promise<Workspace> {
    const workspace = await createWorkspace();
    await load(workspace, 'usage_events.csv', EVENT(1) + EVENT(2) + EVENT(2), '2026-11-18');
    // One known, one with other values, one new.
    await load(workspace, 'usage_events.csv', EVENT(1) + EVENT(2, 'print') + EVENT(3), '2026-11-19');
    await load(workspace, 'usage_events.csv', EVENT(3) + EVENT(4), '2026-11-20');
    return workspace;
  }

  test('verifies every load that the table has rows of, known rows and others', async () => {
    const workspace = await appended();
    const done = await verify(workspace, { rowForRow: true });
    expect(done.map(({ loadId, outcome, counted }) => [loadId, outcome, counted])).toEqual([
      ['1', 'verified', { rowsRead: 3, rowsLoaded: 3, rowsInvalid: 0, rowsRepeated: 1 }],
      ['2', 'verified', { rowsRead: 3, rowsLoaded: 2, rowsInvalid: 1, rowsRepeated: 1 }],
      ['3', 'verified', { rowsRead: 2, rowsLoaded: 2, rowsInvalid: 0, rowsRepeated: 1 }],
    ]);
  });

  test('finds a row of an earlier load that was changed or deleted, and one that no load brought', async () => {
    const workspace = await appended();
    await workspace.query("update usage_events set quantity = 2 where event_id = 'e-1'");
    await workspace.query("delete from usage_events where event_id = 'e-3'");
    await workspace.query("update usage_events set load_id = 99 where event_id = 'e-4'");
    await workspace.query('delete from file_invalid_rows');
    const done = await verify(workspace);
    expect(done.map((each) => [each.loadId, told(each)])).toEqual([
      ['1', ['row: line 1: quantity: expected `1`, found `2` | C-1,scan,e-1,2021-03-01 00:03:21+00']],
      [
        '2',
        // What was the same event then is another one now.
        expect.arrayContaining([
          'invalid_row: line 2 repeats the key of line 2 of load 1, and is not in file_invalid_rows | C-2,print,e-2,2021-03-01 00:03:22+00',
          'row: line 3 is not in the table | C-3,scan,e-3,2021-03-01 00:03:23+00',
        ]),
      ],
      [
        '3',
        expect.arrayContaining([
          'row: line 2 is not in the table | C-4,scan,e-4,2021-03-01 00:03:24+00',
          'row: the table has a row of load 99, which has brought no rows to it | 2,C-4,scan,e-4,2021-03-01 00:03:24+00,1',
        ]),
      ],
    ]);
  });

  test('of which a load is held', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'usage_events.csv', EVENT(1), '2026-11-18');
    await load(workspace, 'usage_events.csv', `${EVENT(1)}${EVENT(2)}x,,,\ny,,,\nz,,,\n`, '2026-11-19');
    // Held, it is not archived; and it does not lie in the inbox either.
    const asked = { load: '2', file: join(workspace.folder, 'files/usage_events.csv') };
    expect(await verifyOne(workspace, asked)).toMatchObject({
      outcome: 'verified',
      counted: { rowsRead: 5, rowsLoaded: 2, rowsInvalid: 3, rowsRepeated: 1 },
    });
    await workspace.query("update tally_version.load_2 set event_type = 'print'");
    expect((await verifyOne(workspace, asked)).differences).toMatchObject([{ kind: 'row', line: 2 }]);
    expect((await workspace.tally(['load', '--accept-held', '2'])).code).toBe(0);
    expect((await verifyOne(workspace, asked)).differences).toMatchObject([{ kind: 'row', line: 2 }]);
  });

  test('without its table', async () => {
    const workspace = await appended();
    await workspace.query('drop table usage_events_agency_a cascade');
    expect(told((await verify(workspace))[0]!)).toEqual(['table: There is no table usage_events_agency_a.']);
  });
});

describe('upsert', () => {
  async function upserted(): Promise<Workspace> {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/stock.yaml',
      'title: Stock.\nfiles: [stock.csv]\nmode: upsert\nkey: id\ncolumns:\n  - { name: id, type: integer, required: true }\n  - { name: n, type: integer }\n',
    );
    await load(workspace, 'stock.csv', 'id,n\n1,1\n2,1\n3,1\n', '2026-11-18');
    await load(workspace, 'stock.csv', 'id,n\n2,2\n4,2\n4,5\n', '2026-11-20');
    // Of an earlier day: 2 and 4 stay as they are.
    await load(workspace, 'stock.csv', 'id,n\n1,3\n2,3\n4,3\n5,3\n', '2026-11-19');
    return workspace;
  }

  test('takes no row for a difference that another load has overwritten', async () => {
    const workspace = await upserted();
    expect(await workspace.query('select id, n, load_id::int as load from stock order by id')).toEqual([
      { id: 1, n: 3, load: 3 },
      { id: 2, n: 2, load: 2 },
      { id: 3, n: 1, load: 1 },
      { id: 4, n: 2, load: 2 },
      { id: 5, n: 3, load: 3 },
    ]);
    const done = await verify(workspace, { rowForRow: true });
    expect(done.map((each) => [each.loadId, each.outcome, told(each)])).toEqual([
      ['1', 'verified', []],
      ['2', 'verified', []],
      ['3', 'verified', []],
    ]);
  });

  test("finds what was changed, and what is called another load's", async () => {
    const workspace = await upserted();
    await workspace.query('update stock set n = 9 where id = 3');
    await workspace.query('update stock set load_id = 1 where id = 4');
    const done = await verify(workspace);
    expect(done.map((each) => [each.loadId, told(each)])).toEqual([
      ['1', expect.arrayContaining(['row: line 4: n: expected `1`, found `9` | 3,1'])],
      ['2', ['row: line 3 is not in the table | 4,2']],
      ['3', ['row: line 4 is not in the table | 4,3']],
    ]);
    expect(done[0]!.differenceCount).toBe(2);
  });
});
