import { generate } from '../data.js';

export const about =
  'the views over orders and barcodes: --rows customers, five times as many orders, twenty times as many items and barcodes. Each view is read whole, with its plan in the results; reports are whole processes.';

export const defaults = { rows: 100_000, times: 1 };

const VIEWS = [
  'order_summary',
  'order_error',
  'customer_message',
  'error_message',
  'barcode_summary',
  'barcode_duplicate',
  'order_without_barcode',
  'unused_barcode',
  'processed_order',
  'top_customer',
];
const REPORTS = ['customer_messages', 'error_messages', 'processed_orders', 'barcode_analytics'];
/** What a question about one customer could use. */
const INDEXES = { orders: 'customer_reference', items: 'order_reference', barcodes: 'order_reference' };

export async function measure(server, { rows }, tell) {
  for (const [feed, file, count] of files(server.data, rows)) {
    const seconds = server.tally(['load', file, '--feed', feed, '--agency', 'agency_a', '--force']);
    tell({ name: `load ${feed}`, rows: count, tally_s: seconds, peak_MB: server.takePeak() });
  }
  for (const view of VIEWS) await readWhole(server, view, tell);
  for (const report of REPORTS) {
    const seconds = server.tally(['report', report]);
    tell({ name: `report ${report}`, tally_s: seconds, peak_MB: server.takePeak() });
  }
  await askOne(server, rows, tell);
}

/**
 * Seeded. That of data.js comes back to the same numbers after a few thousand, and then only so many customers and orders
 * would be met; this one after 2^32.
 */
function random(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** A share of the orders has an unknown customer, of the items and barcodes an unknown order; a fifth is not sold. */
function files(folder, rows) {
  const next = random(23);
  const below = (count) => Math.floor(next() * count);
  const [orders, items, barcodes] = [rows * 5, rows * 20, rows * 20];
  const customer = () => 1_000_000 + below(rows * 1.01);
  const order = () => 10_000_000 + below(orders * 1.002);
  const price = () => `${below(200)}.${String(below(100)).padStart(2, '0')}`;
  const row = {
    customers: (i) => `${1_000_000 + i},Customer ${i},customer${i}@example.com,active`,
    orders: (i) => `${10_000_000 + i},${customer()},paid,${1_760_000_000 + i}`,
    items: (i) => `${order()},Ticket ${i % 100},1,${price()}`,
    barcodes: (i) => `${100_000_000_000 + (next() < 0.0001 ? below(i) : i)},${i % 5 === 0 ? '' : order()}`,
  };
  return [
    ['customers', rows, 'customer_reference,name,email,status'],
    ['orders', orders, 'order_reference,customer_reference,order_status,order_timestamp'],
    ['items', items, 'order_reference,item_name,quantity,total_price'],
    ['barcodes', barcodes, 'barcode,order_reference'],
  ].map(([feed, count, header]) => [
    feed,
    generate(`${folder}/${feed}-${count}.csv`, count, header, row[feed]),
    count,
  ]);
}

async function readWhole(server, view, tell) {
  const spilled = await spilledBytes(server);
  const seconds = server.psql(`\\copy (select * from ${view}) to '/dev/null'`);
  const temp = (await spilledBytes(server)) - spilled;
  const plan = await server.query(`explain (analyze, costs off, timing off) select * from ${view}`);
  tell({
    name: view,
    psql_s: seconds,
    temp_MB: temp / 2 ** 20,
    plan: plan.map((line) => line['QUERY PLAN']),
  });
}

async function spilledBytes(server) {
  const [{ temp_bytes: bytes }] = await server.query(
    'select temp_bytes from pg_stat_database where datname = current_database()',
  );
  return Number(bytes);
}

/** What indexes would win for a question about one customer, and what each load would pay for them. */
async function askOne(server, rows, tell) {
  const where = `agency = 'agency_a' and customer_reference = '${1_000_000 + Math.floor(rows / 2)}'`;
  const ask = () => server.psql(`select * from order_summary where ${where}`);
  tell({ name: 'one customer, without indexes', psql_s: ask() });
  for (const [feed, column] of Object.entries(INDEXES)) {
    const [{ relation }] = await server.query(
      `select inhrelid::regclass::text as relation from pg_inherits where inhparent = '${feed}_agency_a'::regclass`,
    );
    const seconds = server.psql(
      `set maintenance_work_mem = '256MB'`,
      `create index on ${relation} (${column})`,
      `analyze ${relation}`,
    );
    tell({ name: `index on ${feed} (${column})`, psql_s: seconds });
  }
  tell({ name: 'one customer, with indexes', psql_s: ask() });
}
