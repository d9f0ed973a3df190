import { describe, expect, test } from '@jest/globals';
import { CommandCopies } from '../../../src/run/copies.js';
import { askLedger } from '../../../src/run/status.js';
import { verifyEach } from '../../../src/run/verify.js';
import type { Warehouse } from '../../../src/warehouse/connect.js';
import { createWorkspace } from '../../setup/workspace.js';
import { FILE, HEADER, load, rated, RATINGS, told, verify, verifyOne } from './verifying.js';

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

test('what is cleaned while it is compared is no difference', async () => {
  const workspace = await createWorkspace();
  const events = 'customer_id,event_type,event_id,event_date\nc,t,e1,2021-03-01 00:03:21+00\nc,t,e2,never\n';
  await load(workspace, 'usage_events_agency_a_20261120.csv', events);
  const asked = { load: '1', rowForRow: true, limit: 20 };
  const { verifications } = await askLedger(workspace.config(), async (client, warehouse) => {
    const cleaning: Warehouse = {
      ...warehouse,
      connect: async (purpose) => {
        await workspace.query('delete from file_invalid_rows');
        await workspace.query('update tally.loads set invalid_cleaned_at = now()');
        return warehouse.connect(purpose);
      },
    };
    const config = workspace.config();
    const copies = new CommandCopies(config, warehouse);
    const watching = { signal: new AbortController().signal, progress: () => {}, verified: () => {} };
    const clock = { now: () => workspace.now };
    return verifyEach({ client, config, copies, clock, warehouse: cleaning, ...watching }, asked);
  });
  expect(verifications).toMatchObject([{ outcome: 'verified', counted: { rowsInvalid: 1 } }]);
});
