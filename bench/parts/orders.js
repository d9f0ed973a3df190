import { performance } from 'node:perf_hooks';
import assert from 'node:assert/strict';
import { customerReference, openShop } from '../shop.js';

export const about =
  'the views over orders and barcodes: --rows customers, five times as many orders, twenty times as many items and barcodes. A night from the files to the reports, then each view read whole, with its plan in the results. Counts and sums are compared with what the files were made with.';

export const defaults = { rows: 100_000, times: 1 };

const REPORTS = ['customer_messages', 'error_messages', 'processed_orders', 'barcode_analytics'];
/** What a question about one customer can use. */
const INDEXES = { orders: 'customer_reference', items: 'order_reference' };

export async function measure(server, { rows }, tell) {
  const { files, known } = openShop(`${server.workspace}/inbox`, rows);
  await loadAll(server, tell);
  for (const view of viewsOf(known)) await readWhole(server, view, tell);
  for (const report of REPORTS) await tellCommand(server, ['report', report], tell);
  for (const command of ['messages', 'barcodes']) await tellCommand(server, [command], tell);
  await askOne(server, rows, files, tell);
}

/** The seconds of a load are the ledger's; the run has start-up, statistics and reports besides. */
async function loadAll(server, tell) {
  const seconds = server.tally(['run']);
  const loads = await server.query(
    'select feed, rows_read::float, seconds::float from tally.loads where live order by load_id',
  );
  for (const load of loads) tell({ name: `load ${load.feed}`, rows: load.rows_read, load_s: load.seconds });
  tell({ name: 'run, with reports', tally_s: seconds, peak_MB: server.takePeak() });
  await tellCommand(server, ['run'], tell, 'run that finds nothing new');
}

/** What it prints is let go: the messages of a million customers are more than this process would hold. */
async function tellCommand(server, args, tell, name = `tally ${args.join(' ')}`) {
  tell({ name, tally_s: await server.tallyAside(args), peak_MB: server.takePeak() });
}

/** Each view with what its rows must come to. */
function viewsOf(known) {
  const total = (known.cents / 100).toFixed(2);
  const summed = { rows: known.customers, orders: known.placed, total };
  const unknownCustomers = known.orders - known.placed;
  const withoutTickets = known.orders - known.ordersWithTickets;
  return [
    {
      name: 'order_summary',
      ask: 'count(*) as rows, sum(order_count) as orders, sum(item_count) as items, sum(total_price) as total',
      is: { ...summed, items: known.bought },
    },
    {
      name: 'order_error',
      ask: `count(*) filter (where error = 'unknown_customer') as customers, count(*) filter (where error = 'unknown_order') as orders`,
      is: { customers: unknownCustomers, orders: known.lost },
    },
    {
      name: 'customer_message',
      ask: `count(*) as rows, sum((message -> 'order_count')::bigint) as orders, sum((message -> 'total_price')::numeric) as total`,
      is: summed,
    },
    { name: 'error_message', ask: 'count(*) as rows', is: { rows: unknownCustomers + known.lost } },
    {
      name: 'barcode_summary',
      ask: 'sold, unused, duplicates, orders, orders_without_barcodes, sold_to_unknown',
      is: {
        sold: known.sold,
        unused: known.unused,
        duplicates: known.repeated,
        orders: known.orders,
        orders_without_barcodes: withoutTickets,
        sold_to_unknown: known.soldToUnknown,
      },
    },
    {
      name: 'barcode_duplicate',
      ask: 'sum(cardinality(later_lines)) as later',
      is: { later: known.repeated },
    },
    { name: 'order_without_barcode', ask: 'count(*) as rows', is: { rows: withoutTickets } },
    { name: 'unused_barcode', ask: 'count(*) as rows', is: { rows: known.unused } },
    {
      name: 'processed_order',
      ask: 'count(*) as rows, sum(cardinality(barcodes)) as barcodes',
      is: { rows: known.ordersWithTickets, barcodes: known.sold - known.soldToUnknown },
    },
    {
      name: 'top_customer',
      ask: 'count(*) as rows, max(tickets) as most',
      is: { rows: 5, most: known.mostTickets },
    },
  ];
}

/** As an analyst would, with the memory that PostgreSQL gives by itself; the rows are made into texts and thrown away. */
async function readWhole(server, { name, ask, is }, tell) {
  const spilled = await spilledBytes(server);
  const began = performance.now();
  const plan = await server.query(
    `explain (analyze, serialize, buffers, costs off, timing off) select * from ${name}`,
  );
  const seconds = (performance.now() - began) / 1000;
  const temp = (await spilledBytes(server)) - spilled;
  tell({
    name,
    read_s: seconds,
    temp_MB: temp / 2 ** 20,
    plan: plan.map((line) => line['QUERY PLAN']),
  });
  const [found] = await server.query(`select ${ask} from ${name}`);
  const wanted = Object.entries(is).map(([what, value]) => [what, String(value)]);
  assert.deepEqual({ ...found }, Object.fromEntries(wanted), name);
}

async function spilledBytes(server) {
  const [{ temp_bytes: bytes }] = await server.query(
    'select temp_bytes from pg_stat_database where datname = current_database()',
  );
  return Number(bytes);
}

/** What indexes win for a question about one customer, and what each load pays for them. */
async function askOne(server, rows, files, tell) {
  const customer = customerReference(Math.floor(rows / 2));
  const ask = () =>
    server.psql(
      `select * from order_summary where agency = 'agency_a' and customer_reference = '${customer}'`,
    );
  tell({ name: 'one customer, without indexes', psql_s: ask() });
  for (const [feed, column] of Object.entries(INDEXES)) {
    const made = server.psql(`create index on ${feed} (${column})`);
    const { file } = files.find((each) => each.feed === feed);
    server.tally(['load', file, '--feed', feed, '--agency', 'agency_a', '--force']);
    const [{ seconds }] = await server.query(
      'select seconds::float from tally.loads order by load_id desc limit 1',
    );
    tell({ name: `index on ${feed} (${column})`, psql_s: made, load_s: seconds });
  }
  tell({ name: 'one customer, with indexes', psql_s: ask() });
}
