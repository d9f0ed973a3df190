import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { insertsInto } from './inserts.js';

/** The views over orders and barcodes, as they stand in sql/views. */

describe('barcodes', () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await createWorkspace();
    workspace.write(
      'inbox/orders_agency_a.csv',
      'order_id,customer_id\n1,10\n2,9\n3,9\n4,11\n5,11\n6,\n7,12\n',
    );
    workspace.write(
      'inbox/barcodes_agency_a.csv',
      'barcode,order_id\n900,1\n100,1\n500,2\n501,3\n600,4\n500,\n700,\n701,6\n800,99\n500,4\n100,1\n999,\n',
    );
    workspace.write('inbox/barcodes_agency_b.csv', 'barcode,order_id\n500,1\n');
    await workspace.run();
  });

  test('that occur twice are told with the line that counts and the later ones', async () => {
    expect(await workspace.query('select * from barcode_duplicate order by first_line')).toEqual([
      { agency: 'agency_a', barcode: '100', first_line: '3', later_lines: ['12'] },
      { agency: 'agency_a', barcode: '500', first_line: '4', later_lines: ['7', '11'] },
    ]);
  });

  test('make processed orders, in the order of the file', async () => {
    expect(
      await workspace.query(
        `select customer_reference, order_reference, barcodes from processed_order order by order_reference`,
      ),
    ).toEqual([
      { customer_reference: '10', order_reference: '1', barcodes: ['900', '100'] },
      { customer_reference: '9', order_reference: '2', barcodes: ['500'] },
      { customer_reference: '9', order_reference: '3', barcodes: ['501'] },
      { customer_reference: '11', order_reference: '4', barcodes: ['600'] },
      { customer_reference: null, order_reference: '6', barcodes: ['701'] },
    ]);
  });

  test('that were not sold, and orders without any', async () => {
    expect(await workspace.query('select barcode, line_number from unused_barcode order by 2')).toEqual([
      { barcode: '700', line_number: '8' },
      { barcode: '999', line_number: '13' },
    ]);
    expect(
      await workspace.query(
        'select customer_reference, order_reference from order_without_barcode order by 2',
      ),
    ).toEqual([
      { customer_reference: '11', order_reference: '5' },
      { customer_reference: '12', order_reference: '7' },
    ]);
  });

  test('rank the customers who have the most; who has as many comes in the order of numbers', async () => {
    const top = () =>
      workspace.query('select rank, customer_reference, tickets from top_customer order by 1');
    expect(await top()).toEqual([
      { rank: '1', customer_reference: '9', tickets: '2' },
      { rank: '2', customer_reference: '10', tickets: '2' },
      { rank: '3', customer_reference: '11', tickets: '1' },
    ]);
    const [first] = await workspace.query(
      `select count(*)::int from (select set_config('tally.top_customers', '2', false)) as asked, top_customer`,
    );
    expect(first).toEqual({ count: 2 });
  });

  test('add up for each agency', async () => {
    expect(await workspace.query('select * from barcode_summary order by agency')).toEqual([
      {
        agency: 'agency_a',
        sold: '7',
        unused: '2',
        duplicates: '3',
        orders: '7',
        orders_without_barcodes: '2',
        sold_to_unknown: '1',
      },
      {
        agency: 'agency_b',
        sold: '1',
        unused: '0',
        duplicates: '0',
        orders: '0',
        orders_without_barcodes: '0',
        sold_to_unknown: '1',
      },
    ]);
  });
});

test('five customers are the top unless another number is asked for', async () => {
  const workspace = await createWorkspace();
  const numbers = [...Array(12).keys()];
  workspace.write('inbox/orders.csv', `order_id,customer_id\n${numbers.map((n) => `${n},c${n}\n`).join('')}`);
  workspace.write('inbox/barcodes.csv', `barcode,order_id\n${numbers.map((n) => `b${n},${n}\n`).join('')}`);
  await workspace.run();
  expect(await workspace.query('select rank::int, customer_reference from top_customer order by 1')).toEqual(
    ['c0', 'c1', 'c10', 'c11', 'c2'].map((customer_reference, i) => ({ rank: i + 1, customer_reference })),
  );
});

test('whatever the rows, each barcode is unused, sold or sold with an unknown order', async () => {
  const workspace = await createWorkspace();
  const insert = await insertsInto(workspace, ['orders', 'barcodes']);
  const reference = fc.constantFrom('1', '2', '3', '10', '010', 'x');
  const night = fc.record({
    orders: fc.uniqueArray(fc.record({ order: reference, customer: fc.option(reference) }), {
      selector: (each) => each.order,
    }),
    barcodes: fc.array(fc.option(reference), { maxLength: 15 }),
  });
  await workspace.query(
    `with run as (insert into tally.runs (command, host, process_id, version) values ('run', '', 1, '') returning run_id)
     insert into tally.loads (run_id, feed, agency, file_name, outcome, finished_at, live)
     select run_id, 'orders', 'agency ' || number, '', 'loaded', now(), true from run, generate_series(0, 9) as number`,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(night, { minLength: 10, maxLength: 10 }), async (nights) => {
      const rowsOf = (rows: (night: (typeof nights)[number]) => Record<string, unknown>[]) =>
        nights.flatMap((each, agency) => rows(each).map((row) => ({ agency: `agency ${agency}`, ...row })));
      await insert({
        orders: rowsOf(({ orders }) =>
          orders.map((each) => ({ order_reference: each.order, customer_reference: each.customer })),
        ),
        barcodes: rowsOf(({ barcodes }) =>
          barcodes.map((order, i) => ({ barcode: `b${99 - i}`, order_reference: order })),
        ),
      });
      expect(
        await workspace.query(
          `select agency, sold::int, unused::int, orders::int, orders_without_barcodes::int, sold_to_unknown::int
           from barcode_summary order by agency`,
        ),
      ).toEqual(
        rowsOf(({ orders, barcodes }) => {
          const sold = barcodes.filter((order) => order !== null);
          return [
            {
              sold: sold.length,
              unused: barcodes.length - sold.length,
              orders: orders.length,
              orders_without_barcodes: orders.filter(({ order }) => !sold.includes(order)).length,
              sold_to_unknown: sold.filter((order) => !orders.some((each) => each.order === order)).length,
            },
          ];
        }),
      );
      expect(
        await workspace.query(
          `select agency, order_reference, customer_reference, barcodes from processed_order
           order by agency, order_reference collate "C"`,
        ),
      ).toEqual(
        rowsOf(({ orders, barcodes }) =>
          orders
            .map(({ order, customer }) => ({
              order_reference: order,
              customer_reference: customer,
              barcodes: barcodes.flatMap((each, i) => (each === order ? [`b${99 - i}`] : [])),
            }))
            .filter((each) => each.barcodes.length > 0)
            .sort((a, b) => (a.order_reference < b.order_reference ? -1 : 1)),
        ),
      );
    }),
    { numRuns: 5 },
  );
});
