import { beforeEach, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { expectError } from '../cli/ran.js';

/** Reports of what is live: they can be told of today, not of a day that is over. */

const BARCODES = 'barcode,order_reference\nb1,1\nb2,\n';

test('a report of what is live is not written before there is any, and not of a day that is over', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/orders_20261118.csv', 'order_reference,customer_reference\n1,1\n');
  const processed = () => workspace.list('output').filter((file) => /^processed_orders_\d+\.csv$/.test(file));
  await workspace.run();
  expect(processed()).toEqual([]);
  expectError(
    await workspace.tally(['report', 'processed_orders']),
    'report_unavailable',
    1,
    /is about barcodes, of which nothing was loaded yet/,
  );

  // What came for the 19th is what there is on the 20th too.
  workspace.write('inbox/barcodes_20261119.csv', BARCODES);
  await workspace.run();
  expect(processed()).toEqual(['processed_orders_20261119.csv', 'processed_orders_20261120.csv']);
  const before = workspace.read('output/processed_orders_20261119.csv');

  workspace.write('inbox/barcodes_20261120.csv', `${BARCODES}b3,1\n`);
  // A file of a day that is over gives no rows and no report of that day.
  workspace.write('inbox/barcodes_20261117.csv', `${BARCODES}b4,1\n`);
  await workspace.run();
  expect(processed()).toHaveLength(2);
  expect(workspace.read('output/processed_orders_20261119.csv')).toBe(before);
  expect(workspace.read('output/processed_orders_20261120.csv')).toContain('"[b1, b3]"');
  expectError(
    await workspace.tally(['report', 'processed_orders', '--date', '2026-11-19']),
    'report_unavailable',
    1,
    /which is of 2026-11-20: that of 2026-11-19 is gone/,
  );
  const all = await workspace.tally(['report', '--date', '2026-11-19']);
  expect(all).toMatchObject({ code: 0, stderr: '' });
});

test('a JSON report of a workspace has its columns in their order, and decimals to the digit', async () => {
  const workspace = await createWorkspace();
  workspace.write(
    'sql/reports/numbers.sql',
    '-- report: Numbers_{date:YYYYMMDD}.json\n' +
      `select n as z, 0.10::numeric + n as a, 'a "b"\n' as text, null as nothing from generate_series(1, $1::date - date '2026-11-18') as n\n`,
  );
  const { reports } = await workspace.run();
  expect(reports.find(({ report }) => report === 'numbers')).toMatchObject({ rows: 2, feed: null });
  expect(workspace.read('output/Numbers_20261120.json')).toBe(
    '[\n{"z":1,"a":1.10,"text":"a \\"b\\"\\n","nothing":null},\n{"z":2,"a":2.10,"text":"a \\"b\\"\\n","nothing":null}\n]\n',
  );
  await workspace.tally(['report', 'numbers', '--date', '2026-11-18']);
  expect(workspace.read('output/Numbers_20261118.json')).toBe('[]\n');
});

describe('a report whose sources are as they were', () => {
  const TODAY = 'output/processed_orders_20261120.csv';
  const ORDERS = 'order_reference,customer_reference\n1,1\n2,1\n';
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await createWorkspace();
    workspace.write('inbox/orders_20261118.csv', ORDERS);
    workspace.write('inbox/barcodes_20261119.csv', 'barcode,order_reference\nb1,1\nb2,\n,1\n');
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('1,1,[b1]');
    // Behind the back of the ledger: whoever reads the table again tells of it.
    await workspace.query(`update barcodes set barcode = 'changed' where barcode = 'b1'`);
  });

  test('is not made again, neither for its day nor for the next, until someone asks', async () => {
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('[b1]');
    workspace.now = new Date('2026-11-21T12:00:00Z');
    const { reports } = await workspace.run();
    expect(reports.find(({ report }) => report === 'processed_orders')).toMatchObject({
      rows: 1,
      same: false,
    });
    const next = 'output/processed_orders_20261121.csv';
    expect(workspace.read(next)).toBe(workspace.read(TODAY));
    expect(JSON.parse(workspace.read(`${next}.manifest.json`))).toMatchObject({
      report_date: '2026-11-21',
      rows: 1,
    });
    expect(
      await workspace.query(
        `select report_date::text as day from tally.reports where report = 'processed_orders' order by report_id`,
      ),
    ).toEqual([{ day: '2026-11-19' }, { day: '2026-11-20' }, { day: '2026-11-21' }]);

    await workspace.tally(['report', 'processed_orders', '--date', '2026-11-20']);
    expect(workspace.read(TODAY)).toContain('[changed]');
  });

  test('is made again where its file is gone everywhere, or has other bytes', async () => {
    for (const day of ['19', '20'])
      workspace.write(`output/processed_orders_202611${day}.csv`, 'someone was here\n');
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('[changed]');
  });

  const loadOrders = () => {
    workspace.write('files/orders.csv', `${ORDERS}3,1\n`);
    return workspace.load('files/orders.csv', { feed: 'orders', agency: 'agency_a' });
  };
  const tally = async (...args: string[]) =>
    expect(await workspace.tally(args)).toMatchObject({ code: 0, stderr: '' });

  test('is made again after a load, and after a rollback', async () => {
    await loadOrders();
    expect(workspace.read(TODAY)).toContain('[changed]');
    await workspace.query(`update barcodes set barcode = 'once more' where barcode = 'changed'`);
    await tally('rollback', '--feed', 'orders', '--agency', 'agency_a');
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('[once more]');
  });

  test('is made again when a row was corrected', async () => {
    await tally('invalid', 'dismiss', '--load', '2', '--why', 'nobody knows it');
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('[changed]');
  });

  test('is made each time where a view of the workspace stands in the place of one, which may read anything', async () => {
    workspace.write('sql/views/order_error.sql', '-- One row.\nselect 1 as one');
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('[changed]');
    await workspace.query(`update barcodes set barcode = 'once more' where barcode = 'changed'`);
    await workspace.run();
    expect(workspace.read(TODAY)).toContain('[once more]');
  });
});
