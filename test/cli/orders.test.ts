import { beforeAll, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError } from './ran.js';

/** `tally messages` and `tally barcodes`: what the views say, for people and programs. */

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('inbox/customers.csv', 'customer_reference,name\nC-1,Ann\nC-2,Bo\n');
  workspace.write(
    'inbox/orders.csv',
    'order_reference,customer_reference\nO-1,C-1\nO-2,C-1\nO-3,C-9\nO-4,C-2\n',
  );
  workspace.write('inbox/items.csv', 'order_reference,total_price\nO-1,0.1\nO-2,0.2\nO-8,1\n');
  workspace.write(
    'inbox/barcodes.csv',
    'barcode,order_reference\nb1,O-1\nb2,O-1\nb3,O-4\nb4,\nb5,O-8\nb1,\nb2,O-2\nb1,O-3\n',
  );
  workspace.write('inbox/orders_agency_b.csv', 'order_reference,customer_reference\n1,1\n');
  await workspace.run();
});

const CUSTOMERS = [
  '{"customer_reference":"C-1","order_count":2,"total_price":0.3,"type":"customer_message"}',
  '{"customer_reference":"C-2","order_count":1,"total_price":0,"type":"customer_message"}',
];
const UNKNOWN_ORDER =
  '{"type":"error_message","customer_reference":null,"order_reference":"O-8","message":"Order reference not found in orders."}';
const unknownCustomer = (customer: string, order: string) =>
  `{"type":"error_message","customer_reference":"${customer}","order_reference":"${order}","message":"Customer reference not found in customers."}`;
const array = (...documents: string[]) => `[\n${documents.join(',\n')}\n]\n`;

describe('tally messages', () => {
  const errors = [unknownCustomer('C-9', 'O-3'), UNKNOWN_ORDER, unknownCustomer('1', '1')];

  test('prints the two arrays, as the files of the day have them', async () => {
    const ran = await workspace.tally(['messages']);
    expect(ran).toEqual({ code: 0, stdout: array(...CUSTOMERS) + array(...errors), stderr: '' });
    expect(workspace.read('output/customer_messages_20261120.json')).toBe(array(...CUSTOMERS));
    expect(workspace.read('output/error_messages_20261120.json')).toBe(array(...errors));
  });

  test('of one type, of one agency, and as one document', async () => {
    const one = await workspace.tally(['messages', '--type', 'error', '--agency', 'Agency B']);
    expect(one.stdout).toBe(array(unknownCustomer('1', '1')));
    const none = await workspace.tally(['messages', '--type', 'customer', '--agency', 'agency_c']);
    expect(none).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    expect(documentOf(await workspace.tally(['messages', '--json', '--agency', 'agency_a']))).toEqual({
      customer_messages: CUSTOMERS.map((text) => JSON.parse(text)),
      error_messages: errors.slice(0, 2).map((text) => JSON.parse(text)),
    });
  });

  test('of an agency that is not known, or of another type, are refused', async () => {
    expectError(await workspace.tally(['messages', '--agency', 'agency_z']), 'unknown_agency', 2, /agency_z/);
    expectError(await workspace.tally(['messages', '--type', 'order']), 'usage', 2, /customer, error/);
  });
});

describe('tally barcodes', () => {
  test('says what is to be said of each agency', async () => {
    const ran = await workspace.tally(['barcodes']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'agency_a: 4 barcodes sold, 4 orders',
      '1 barcode sold with an order that is not in orders',
      'Duplicates: 3 rows',
      '  b1: line 2 counts, not lines 7, 9',
      '  b2: line 3 counts, not line 8',
      'Orders without barcodes: 2',
      '  order  customer',
      '  O-2  C-1',
      '  O-3  C-9',
      'Top customers:',
      '  customer  tickets',
      '  1  C-1  2',
      '  2  C-2  1',
      'Unused barcodes: 1',
      '',
      'agency_b: 0 barcodes sold, 1 order',
      'Duplicates: none',
      'Orders without barcodes: 1',
      '  order  customer',
      '  1  1',
      'Unused barcodes: 0',
      '',
    ]);
  });

  test('says how much it does not show, and shows as many customers as are asked for', async () => {
    const { stdout } = await workspace.tally([
      'barcodes',
      '--agency',
      'agency_a',
      '--limit',
      '1',
      '--top',
      '1',
    ]);
    expect(stdout).toContain('not lines 7, …\n  and 1 more row; with --limit 3\n');
    expect(stdout).toContain('and 1 more order; with --limit 2\n');
    expect(stdout).toMatch(/ 1 +C-1 +2\nUnused barcodes: 1\n$/);
  });

  test('as JSON', async () => {
    const document = documentOf(
      await workspace.tally(['barcodes', '--json', '--agency', 'agency_a', '--limit', '1']),
    );
    expect(document).toEqual([
      {
        agency: 'agency_a',
        sold: 4,
        unused: 1,
        duplicates: 3,
        orders: 4,
        orders_without_barcodes: 2,
        sold_to_unknown: 1,
        duplicate_barcodes: [{ barcode: 'b1', first_line: 2, later_lines: [7], later_count: 2 }],
        without_barcodes: [{ order_reference: 'O-2', customer_reference: 'C-1' }],
        top_customers: [
          { rank: 1, customer_reference: 'C-1', tickets: 2 },
          { rank: 2, customer_reference: 'C-2', tickets: 1 },
        ],
      },
    ]);
    const none = await workspace.tally(['barcodes', '--agency', 'agency_c']);
    expect(none.stdout).toBe('No barcodes and no orders yet.\n');
  });
});

test('where the feeds lack what it takes, both say so, and the night goes on without those reports', async () => {
  const other = await createWorkspace();
  await other.query('drop table barcodes cascade');
  await other.query(`delete from tally.feeds where feed = 'barcodes'`);
  other.write(
    'feeds/barcodes.yaml',
    'title: Barcodes.\nfiles: [barcodes.csv]\nmode: replace\nkey: barcode\ncolumns:\n  - { name: barcode, type: text, required: true }\n',
  );
  other.write('inbox/barcodes.csv', 'barcode\nb1\nb2\n');
  const { errors, loads, reports } = await other.run();
  expect({ errors, reports: reports.map(({ report }) => report) }).toEqual({
    errors: [],
    reports: ['customer_rating_aggregate'],
  });
  expect(loads).toMatchObject([{ outcome: 'loaded' }]);
  expectError(
    await other.tally(['barcodes']),
    'report_unavailable',
    1,
    /barcode_summary.*\n.*tally db migrate/,
  );
  expectError(await other.tally(['report', 'processed_orders']), 'sql_invalid', 1, /processed_order/);
});
