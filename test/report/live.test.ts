import { expect, test } from '@jest/globals';
import { createWorkspace } from '../setup/workspace.js';
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
