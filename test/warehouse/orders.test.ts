import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { insertsInto } from './inserts.js';

/** The views over customers, orders and items, as they stand in sql/views. */

const CUSTOMERS = 'customer_reference,name\nC-1,Ann\nC-2,Bo\nC-3,Cy\n';

describe('the order summary', () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await createWorkspace();
    workspace.write('inbox/customers_agency_a.csv', CUSTOMERS);
    workspace.write(
      'inbox/orders_agency_a.csv',
      'order_reference,customer_reference,order_timestamp\n' +
        'O-1,C-1,2026-03-01T23:30:00Z\nO-2,C-1,2026-03-04T12:00:00Z\nO-3,C-2,\nO-4,C-9,2026-03-04T12:00:00Z\nO-5,,\n',
    );
    workspace.write(
      'inbox/items_agency_a.csv',
      'order_reference,total_price\nO-1,0.1\nO-1,0.2\nO-2,12345678901234567890.0000000001\nO-4,5\nO-8,1.50\nO-8,1.50\n,7\n',
    );
    workspace.write('inbox/customers_agency_b.csv', CUSTOMERS);
    workspace.write(
      'inbox/orders_agency_b.csv',
      'order_reference,customer_reference,order_timestamp\nO-1,C-2,2026-03-01T23:30:00Z\n',
    );
    const { loads } = await workspace.run();
    expect(loads.map((load) => load.outcome)).toEqual(['loaded', 'loaded', 'loaded', 'loaded', 'loaded']);
  });

  test('counts orders without items, sums exactly, and has customers without orders with 0', async () => {
    expect(
      await workspace.query(
        `select customer_reference, order_count, item_count, total_price, first_order_date::text, last_order_date::text
         from order_summary where agency = 'agency_a' order by customer_reference`,
      ),
    ).toEqual([
      {
        customer_reference: 'C-1',
        order_count: '2',
        item_count: '3',
        total_price: '12345678901234567890.3000000001',
        first_order_date: '2026-03-01',
        last_order_date: '2026-03-04',
      },
      row('C-2', { order_count: '1' }),
      row('C-3', {}),
    ]);
  });

  test('keeps agencies apart, and counts days in the time zone of the agency', async () => {
    expect(
      await workspace.query(
        `select customer_reference, order_count, first_order_date::text, last_order_date::text
         from order_summary where agency = 'agency_b' order by customer_reference`,
      ),
    ).toEqual([
      { customer_reference: 'C-1', order_count: '0', first_order_date: null, last_order_date: null },
      // 23:30 in London is the next day in Zurich.
      {
        customer_reference: 'C-2',
        order_count: '1',
        first_order_date: '2026-03-02',
        last_order_date: '2026-03-02',
      },
      { customer_reference: 'C-3', order_count: '0', first_order_date: null, last_order_date: null },
    ]);
  });

  test('is a message for each customer, to the digit', async () => {
    expect(
      await workspace.query(
        `select customer_reference, message::text from customer_message where agency = 'agency_a' order by 1`,
      ),
    ).toEqual(
      [
        ['C-1', 2, '12345678901234567890.3000000001'],
        ['C-2', 1, '0'],
        ['C-3', 0, '0'],
      ].map(([reference, count, price]) => ({
        customer_reference: reference,
        message: `{"type": "customer_message", "order_count": ${count}, "total_price": ${price}, "customer_reference": "${reference}"}`,
      })),
    );
  });

  test('its errors: unknown customers, unknown orders, and what has no reference', async () => {
    expect(
      await workspace.query(
        `select error, feed, customer_reference, order_reference, line_number, load_id from order_error
         where agency = 'agency_a' order by feed, error, order_reference`,
      ),
    ).toEqual([
      fault('no_reference', 'items', null, null, null),
      fault('unknown_order', 'items', null, 'O-8', null),
      fault('unknown_order', 'items', null, 'O-8', null),
      fault('no_reference', 'orders', null, 'O-5', '6'),
      fault('unknown_customer', 'orders', 'C-9', 'O-4', '5'),
    ]);
    // O-1 of agency B has no items there; that is no error.
    expect(await workspace.query(`select * from order_error where agency = 'agency_b'`)).toEqual([]);
  });

  test('each order with an unknown customer and each item with an unknown order is a message', async () => {
    const messages = await workspace.query(
      `select message from error_message where agency = 'agency_a'
       order by message ->> 'message', customer_reference, order_reference`,
    );
    const of = (customer: string | null, order: string | null, message: string) => ({
      message: { type: 'error_message', customer_reference: customer, order_reference: order, message },
    });
    expect(messages).toEqual([
      of('C-9', 'O-4', 'Customer reference not found in customers.'),
      of(null, 'O-5', 'Customer reference not found in customers.'),
      of(null, 'O-8', 'Order reference not found in orders.'),
      of(null, 'O-8', 'Order reference not found in orders.'),
      of(null, null, 'Order reference not found in orders.'),
    ]);
  });

  function row(customer: string, values: Record<string, string>) {
    return {
      customer_reference: customer,
      order_count: '0',
      item_count: '0',
      total_price: '0',
      first_order_date: null,
      last_order_date: null,
      ...values,
    };
  }

  function fault(
    error: string,
    feed: string,
    customer: string | null,
    order: string | null,
    line: string | null,
  ) {
    return {
      error,
      feed,
      customer_reference: customer,
      order_reference: order,
      line_number: line,
      load_id: null,
    };
  }
});

test('rows that were set aside for their references are errors as long as their load is live and they are open', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customers.csv', 'customer_reference,name\nC-1,Ann\nC-1,Bo\n,Cy\nC-2,\nC-3,\nC-4,\n');
  workspace.write(
    'inbox/orders.csv',
    'order_reference,customer_reference,order_timestamp\nO-1,C-1,\nO-1,C-1,\n,C-1,\nO-2,C-1,yesterday\nO-3,C-1,\nO-4,C-1,\n',
  );
  await workspace.run();
  const errors = () =>
    workspace.query(
      `select error, feed, customer_reference, order_reference, line_number, message from order_error
       order by feed, line_number`,
    );
  const missing = 'expected a value, got none';
  const again = (column: string, value: string) =>
    `expected each ${column} once, got \`${value}\` again, which stands on line 2`;
  const all = [
    fault('duplicate_reference', 'customers', 'C-1', null, '3', again('customer_reference', 'C-1')),
    fault('no_reference', 'customers', null, null, '4', missing),
    fault('duplicate_reference', 'orders', null, 'O-1', '3', again('order_reference', 'O-1')),
    fault('no_reference', 'orders', null, null, '4', missing),
  ];
  expect(await errors()).toEqual(all);
  // They are no orders and no customers, so they are no messages.
  expect(await workspace.query('select * from error_message')).toEqual([]);

  await workspace.query(
    `update file_invalid_rows set status = 'dismissed' where feed = 'orders' and line_number = 4`,
  );
  expect(await errors()).toEqual(all.slice(0, 3));
  workspace.write('inbox/customers.csv', 'customer_reference,name\nC-1,Ann\n');
  workspace.now = new Date('2026-11-21T12:00:00Z');
  await workspace.run();
  expect(await errors()).toEqual(all.slice(2, 3));

  function fault(
    error: string,
    feed: string,
    customer: string | null,
    order: string | null,
    line: string,
    message: string,
  ) {
    return {
      error,
      feed,
      customer_reference: customer,
      order_reference: order,
      line_number: line,
      message,
    };
  }
});

test('no order, no item and no cent is lost: whatever the rows, summary and errors add up', async () => {
  const workspace = await createWorkspace();
  const insert = await insertsInto(workspace, ['customers', 'orders', 'items']);
  const reference = fc.constantFrom('1', '2', '3', '10', '010', 'x');
  const cents = fc.integer({ min: -99_999, max: 99_999 });
  const night = fc.record({
    customers: fc.uniqueArray(reference),
    orders: fc.uniqueArray(fc.record({ order: reference, customer: fc.option(reference) }), {
      selector: (each) => each.order,
    }),
    items: fc.array(fc.record({ order: fc.option(reference), cents }), { maxLength: 12 }),
  });
  const agencies = fc.array(night, { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(agencies, async (nights) => {
      const rowsOf = (rows: (night: (typeof nights)[number]) => Record<string, unknown>[]) =>
        nights.flatMap((each, agency) =>
          rows(each).map((row) => ({ agency: `agency ${String(agency).padStart(2, '0')}`, ...row })),
        );
      await insert({
        customers: rowsOf(({ customers }) => customers.map((each) => ({ customer_reference: each }))),
        orders: rowsOf(({ orders }) =>
          orders.map((each) => ({ order_reference: each.order, customer_reference: each.customer })),
        ),
        items: rowsOf(({ items }) =>
          items.map((each) => ({ order_reference: each.order, total_price: decimal(each.cents) })),
        ),
      });
      expect(
        await workspace.query(
          `select agency, customer_reference, order_count::int, item_count::int, (total_price * 100)::int as cents
           from order_summary order by agency, customer_reference collate "C"`,
        ),
      ).toEqual(
        sorted(
          rowsOf(({ customers, orders, items }) =>
            [...customers].sort().map((customer) => {
              const own = orders.filter((order) => order.customer === customer).map((order) => order.order);
              const bought = items.filter((item) => item.order !== null && own.includes(item.order));
              return {
                customer_reference: customer,
                order_count: own.length,
                item_count: bought.length,
                cents: bought.reduce((sum, item) => sum + item.cents, 0),
              };
            }),
          ),
        ),
      );
      expect(
        await workspace.query(
          `select agency, feed, count(*)::int from order_error group by agency, feed order by agency, feed`,
        ),
      ).toEqual(
        sorted(
          rowsOf(({ customers, orders, items }) => {
            const strangeItems = items.filter(({ order }) => !orders.some((each) => each.order === order));
            const strangeOrders = orders.filter(
              ({ customer }) => customer === null || !customers.includes(customer),
            );
            return [
              { feed: 'items', count: strangeItems.length },
              { feed: 'orders', count: strangeOrders.length },
            ].filter(({ count }) => count > 0);
          }),
        ),
      );
    }),
    { numRuns: 5 },
  );

  function decimal(value: number): string {
    return `${value < 0 ? '-' : ''}${Math.floor(Math.abs(value) / 100)}.${String(Math.abs(value) % 100).padStart(2, '0')}`;
  }
  function sorted<Row extends { agency: string }>(rows: Row[]): Row[] {
    return rows.sort((a, b) => (a.agency < b.agency ? -1 : a.agency > b.agency ? 1 : 0));
  }
});

describe('references', () => {
  const feeds = (customer: string, order: string, { time = true } = {}) => ({
    customers: `key: customer_reference\ncolumns:\n  - { name: customer_reference, type: ${customer}, required: true }\n`,
    orders: `key: order_reference\ncolumns:\n  - { name: order_reference, type: ${order}, required: true }\n  - { name: customer_reference, type: integer }\n${time ? '  - { name: order_timestamp, type: timestamp }\n' : ''}`,
    items: `columns:\n  - { name: order_reference, type: varchar(64) }\n  - { name: total_price, type: integer, required: true }\n`,
  });

  /** In place of the feeds that ship, and of their tables, which are there already. */
  async function workspaceWith(declared: Record<string, string>): Promise<Workspace> {
    const workspace = await createWorkspace();
    await workspace.query('drop table customers, orders, items cascade');
    await workspace.query('delete from tally.feeds');
    for (const [feed, text] of Object.entries(declared))
      workspace.write(`feeds/${feed}.yaml`, `title: ${feed}.\nfiles: [${feed}.csv]\nmode: replace\n${text}`);
    return workspace;
  }

  async function nightWith(declared: Record<string, string>): Promise<Workspace> {
    const workspace = await workspaceWith(declared);
    workspace.write('inbox/customers.csv', 'customer_reference\n7\n008\n9\n');
    workspace.write('inbox/orders.csv', 'order_reference,customer_reference\n1,007\n002,8\n3,10\n');
    workspace.write('inbox/items.csv', 'order_reference,total_price\n1,10\n2,20\n002,40\n');
    const { loads, errors } = await workspace.run();
    expect({ errors, loads: loads.map((load) => load.message) }).toEqual({
      errors: [],
      loads: [null, null, null],
    });
    return workspace;
  }

  const summary = (workspace: Workspace) =>
    workspace.query(
      `select customer_reference::text, order_count::int, total_price::int
       from order_summary order by order_count desc, customer_reference`,
    );
  const errors = (workspace: Workspace) =>
    workspace.query(`select customer_reference, order_reference from error_message order by 1, 2`);
  const of = (customer_reference: string, order_count: number, total_price: number) => ({
    customer_reference,
    order_count,
    total_price,
  });

  test('are compared as numbers where both are numbers, of whatever size', async () => {
    const workspace = await nightWith(feeds('bigint', 'numeric'));
    expect(await summary(workspace)).toEqual([of('7', 1, 10), of('8', 1, 20), of('9', 0, 0)]);
    // In items they are texts, and 002 is not how the number 2 is written.
    expect(await errors(workspace)).toEqual([
      { customer_reference: '10', order_reference: '3' },
      { customer_reference: null, order_reference: '002' },
    ]);
    expect(
      await workspace.query(
        `select message ->> 'customer_reference' as reference from customer_message order by 1`,
      ),
    ).toEqual(['7', '8', '9'].map((reference) => ({ reference })));
  });

  test('are told apart as texts, and a number meets the text that is written like it', async () => {
    const workspace = await nightWith(feeds('varchar(20)', 'varchar(20)'));
    expect(await summary(workspace)).toEqual([of('7', 1, 10), of('008', 0, 0), of('9', 0, 0)]);
    expect(await errors(workspace)).toEqual([
      { customer_reference: '10', order_reference: '3' },
      { customer_reference: '8', order_reference: '002' },
      { customer_reference: null, order_reference: '2' },
    ]);
  });

  test('that can not be compared leave the views out that would, and nothing else', async () => {
    const declared = feeds('integer', 'uuid');
    const workspace = await workspaceWith({
      ...declared,
      items: declared.items.replace('varchar(64)', 'integer'),
    });
    const { views_left_out: leftOut } = JSON.parse(
      (await workspace.tally(['db', 'migrate', '--json'])).stdout,
    );
    expect(leftOut.map(({ view }: { view: string }) => view).sort()).toEqual(
      expect.arrayContaining(['customer_message', 'error_message', 'order_error', 'order_summary']),
    );
    expect(leftOut.map(({ view }: { view: string }) => view)).not.toContain('unused_barcode');
    expect((await workspace.run()).errors).toEqual([]);
  });

  test('an orders feed without times has a summary without dates, and gets them with the column', async () => {
    const workspace = await nightWith(feeds('integer', 'integer', { time: false }));
    const dates = () =>
      workspace.query('select distinct first_order_date::text as first from order_summary order by 1');
    expect(await dates()).toEqual([{ first: null }]);
    const { orders } = feeds('integer', 'integer');
    workspace.write('feeds/orders.yaml', `title: orders.\nfiles: [orders.csv]\nmode: replace\n${orders}`);
    workspace.write(
      'inbox/orders.csv',
      'order_reference,customer_reference,order_timestamp\n1,7,2026-03-01T00:00:00Z\n',
    );
    workspace.now = new Date('2026-11-21T12:00:00Z');
    await workspace.run();
    expect(await dates()).toEqual([{ first: '2026-03-01' }, { first: null }]);
  });
});
