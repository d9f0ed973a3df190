import { beforeAll, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

/** What the planner knows of the tables above the versions, and what it makes of it. */

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
/** Far from the order of the file. */
const scattered = (i: number, count: number) => (i * 7919) % count;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const lines = (name: string, header: string, rows: string[]) =>
    workspace.write(`inbox/${name}.csv`, `${header}\n${rows.join('\n')}\n`);
  lines(
    'customers',
    'customer_reference',
    range(2_000).map((i) => `C-${i}`),
  );
  lines(
    'orders',
    'order_reference,customer_reference',
    range(20_000).map((i) => `O-${i},C-${scattered(i, 2_000)}`),
  );
  lines(
    'items',
    'order_reference,total_price',
    range(80_000).map((i) => `O-${scattered(i, 20_000)},1.5`),
  );
  workspace.write(
    'inbox/Customer Rating Agency A Inc.csv',
    'customer_number,customer_rating,customer_rating_limit,customer_status\n1,1,100,regular\n',
  );
  const { loads, errors } = await workspace.run();
  expect(errors).toEqual([]);
  expect(loads.map(({ outcome }) => outcome)).toEqual(['loaded', 'loaded', 'loaded', 'loaded']);
});

const known = async () => {
  const rows = await workspace.query(
    `select distinct tablename from pg_stats where schemaname = 'public' and inherited order by tablename`,
  );
  return rows.map(({ tablename }) => tablename);
};

test('tables that views join are known when a run has loaded them, others are not', async () => {
  const names = await known();
  expect(names).toEqual(expect.arrayContaining(['customers', 'items', 'orders']));
  expect(names).not.toContain('customer_rating');
});

test('orders and items are joined by hash, where without that both would be sorted', async () => {
  const nodesOf = async () => {
    const rows = await workspace.query('explain (costs off) select * from order_summary');
    return rows.map((line) => line['QUERY PLAN']).join('\n');
  };

  expect(await nodesOf()).not.toMatch(/Merge Join|Nested Loop/);
  await workspace.query(`delete from pg_statistic where starelid in ('orders'::regclass, 'items'::regclass)`);
  expect(await nodesOf()).toMatch(/Merge Join|Nested Loop/);
});

test('they are looked at again after another load, and after a rollback', async () => {
  const seen = async () => {
    const [row] = await workspace.query(
      `select reltuples::text as rows from pg_class where relname = 'orders'`,
    );
    return row!.rows;
  };
  expect(await seen()).toBe('20000');
  const file = workspace.write('files/orders.csv', `order_reference\n${range(15_000).join('\n')}\n`);
  expect((await workspace.tally(['load', file, '--feed', 'orders', '--agency', 'agency_a'])).code).toBe(0);
  expect(await seen()).toBe('15000');
  expect((await workspace.tally(['rollback', '--feed', 'orders', '--agency', 'agency_a'])).code).toBe(0);
  expect(await seen()).toBe('20000');
});

test('a table of an agency is known where a view of someone joins it', async () => {
  await workspace.query(
    'create view mine as select count(*) from orders_agency_a join items_agency_a using (order_reference)',
  );
  await workspace.run();
  expect(await known()).toEqual(expect.arrayContaining(['items_agency_a', 'orders_agency_a']));
  await workspace.query('drop view mine');
});
