import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const FILE = 'Customer Rating Agency A Inc.csv';

function ratings(rows: number, rating: number): string {
  let text = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
  for (let number = 1; number <= rows; number++) text += `${number},${rating},100,regular\n`;
  return text;
}

async function load(workspace: Workspace, rows: number, rating: number, date: string) {
  workspace.write(`files/${FILE}`, ratings(rows, rating));
  return workspace.load(`files/${FILE}`, { date });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

describe('readers while versions are exchanged', () => {
  test.each(['read committed', 'repeatable read'])(
    'at %s see the old rows or the new ones',
    async (isolation) => {
      const workspace = await createWorkspace();
      await load(workspace, 1000, 1, '2026-11-01');
      await workspace.query('create view mine as select * from customer_rating_agency_a');
      let done = false;
      const seen = new Set<string>();
      const read = (relation: string) =>
        connected(workspace.url, async (client) => {
          while (!done) {
            await client.query(`begin isolation level ${isolation}`);
            const { rows } = await client.query(
              `select count(*) || ' rows rated ' || min(customer_rating) || ' to ' || max(customer_rating) as seen from ${relation}`,
            );
            await client.query('commit');
            seen.add(rows[0].seen);
          }
        });
      const readers = ['customer_rating_agency_a', 'customer_rating', 'mine'].map(read);
      for (let rating = 2; rating <= 9; rating++) {
        expect(await load(workspace, 1000, rating, `2026-11-0${rating}`)).toMatchObject({
          outcome: 'loaded',
          live: true,
        });
      }
      done = true;
      await Promise.all(readers);
      for (const each of seen) expect(each).toMatch(/^1000 rows rated (\d) to \1$/);
      expect(seen.size).toBeGreaterThan(1);
    },
  );

  test('a long query is neither ended nor makes others queue; the load waits for it', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 100, 1, '2026-11-01');
    await connected(workspace.url, async (analyst) => {
      await analyst.query('begin');
      await analyst.query('select count(*) from customer_rating_agency_a');
      const loading = load(workspace, 100, 2, '2026-11-02');
      await sleep(1500);
      const other = await connected(workspace.url, async (client) => {
        await client.query("set statement_timeout = '2s'");
        return client.query('select max(customer_rating) as rating from customer_rating');
      });
      expect(other.rows).toEqual([{ rating: 1 }]);
      expect((await analyst.query('select count(*)::int as n from customer_rating_agency_a')).rows).toEqual([
        { n: 100 },
      ]);
      await analyst.query('commit');
      expect(await loading).toMatchObject({ outcome: 'loaded', live: true });
    });
    expect(await workspace.query('select max(customer_rating) as rating from customer_rating')).toEqual([
      { rating: 2 },
    ]);
  });

  test('a load that cannot be published by its limit says who stood in the way, and the next run loads it', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 100, 1, '2026-11-01');
    workspace.write('inbox/customer_rating_agency_a_20261102.csv', ratings(100, 2));
    await connected(workspace.url, async (analyst) => {
      await analyst.query("set application_name = 'a spreadsheet'");
      await analyst.query('begin');
      await analyst.query('select count(*) from customer_rating_agency_a');
      const [blocked] = (await workspace.run({ TALLY_PUBLISH_WAIT_SECONDS: '1' })).loads;
      expect(blocked).toMatchObject({ outcome: 'failed', code: 'publish_blocked' });
      expect(blocked!.message).toContain('a spreadsheet');
      expect(blocked!.message).toContain('select count(*) from customer_rating_agency_a');
      expect(await versions(workspace)).toEqual(['load_1']);
      await analyst.query('commit');
    });
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded', live: true }]);
  });
});

test('of many rows, the version that is not kept any more is gone when the command ends', async () => {
  const workspace = await createWorkspace();
  for (const day of [1, 2, 3]) {
    expect(await load(workspace, 300_000, day, `2026-11-0${day}`)).toMatchObject({ outcome: 'loaded' });
  }
  expect(await versions(workspace)).toEqual(['load_2', 'load_3']);
  expect(await workspace.query('select load_id::int from tally.versions order by 1')).toEqual([
    { load_id: 2 },
    { load_id: 3 },
  ]);
});

describe('a version that was not published', () => {
  test.each([
    ['small', 100],
    ['large, which is completed over a connection of its own', 300_000],
  ])('goes with its load: %s', async (_, rows) => {
    const workspace = await createWorkspace();
    expect(await load(workspace, rows, 1, '2026-11-01')).toMatchObject({
      outcome: 'loaded',
      rowsLoaded: rows,
    });
    workspace.write(
      'sql/history/rating_history.sql',
      '-- history of customer_rating, a row for each agency: nothing.\nselect $1::bigint, $2::text as agency, $3::date, no_such_column from next_version\n',
    );
    expect(await load(workspace, rows, 2, '2026-11-02')).toMatchObject({
      outcome: 'failed',
      code: 'sql_invalid',
    });
    expect(await versions(workspace)).toEqual(['load_1']);
    expect(
      await workspace.query(
        'select count(*)::int as rows, min(customer_rating) as lowest, max(customer_rating) as highest from customer_rating',
      ),
    ).toEqual([{ rows, lowest: 1, highest: 1 }]);
  });

  test('goes with the next start if its process died', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 100, 1, '2026-11-01');
    await load(workspace, 100, 2, '2026-11-02');
    // As it is left when the process dies between the two commits of the third load.
    await workspace.query(
      `with run as (
         insert into tally.runs (command, host, process_id, version) values ('run', 'here', 1, '0') returning run_id
       )
       insert into tally.loads (run_id, delivery_id, feed, agency, business_date, file_name)
       select run.run_id, delivery_id, feed, agency, business_date, file_name from run, tally.loads limit 1`,
    );
    await workspace.query('create table tally_version.load_3 (customer_number integer)');
    expect(await versions(workspace)).toEqual(['load_1', 'load_2', 'load_3']);
    await workspace.run();
    expect(await versions(workspace)).toEqual(['load_1', 'load_2']);
  });
});

async function versions(workspace: Workspace): Promise<string[]> {
  const rows = await workspace.query(
    "select relname as name from pg_class where relnamespace = 'tally_version'::regnamespace and relkind = 'r' order by 1",
  );
  return rows.map((row) => row.name as string);
}

test('an old version that is still read is not waited for: a later run drops it', async () => {
  const workspace = await createWorkspace();
  const versions = () =>
    workspace.query<{ tablename: string; state: string | null }>(
      `select tablename, state from pg_tables left join tally.versions on tablename = 'load_' || load_id
       where schemaname = 'tally_version' order by tablename`,
    );
  await load(workspace, 10, 1, '2026-11-01');
  await load(workspace, 10, 2, '2026-11-02');
  await connected(workspace.url, async (analyst) => {
    await analyst.query('begin');
    await analyst.query('select count(*) from tally_version.load_1');
    expect(await load(workspace, 10, 3, '2026-11-03')).toMatchObject({ outcome: 'loaded', live: true });
    expect(await versions()).toEqual([
      { tablename: 'load_1', state: 'retired' },
      { tablename: 'load_2', state: 'previous' },
      { tablename: 'load_3', state: 'live' },
    ]);
    await analyst.query('commit');
  });
  await workspace.run();
  expect(await versions()).toEqual([
    { tablename: 'load_2', state: 'previous' },
    { tablename: 'load_3', state: 'live' },
  ]);
  expect(await workspace.query('select load_id::int from tally.versions order by 1')).toEqual([
    { load_id: 2 },
    { load_id: 3 },
  ]);
});

describe('two at once', () => {
  test('of one agency and feed: the second waits and finds the work done', async () => {
    const workspace = await createWorkspace();
    workspace.write(`inbox/${FILE}`, ratings(200_000, 1));
    const both = await Promise.all([workspace.tally(['run', '--json']), workspace.tally(['run', '--json'])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(await workspace.query('select count(*)::int as n from customer_rating')).toEqual([{ n: 200_000 }]);
    expect(
      await workspace.query("select count(*)::int as n from tally.loads where outcome = 'loaded'"),
    ).toEqual([{ n: 1 }]);
  });

  test('a second that does not wait is skipped with a clear word', async () => {
    const workspace = await createWorkspace();
    workspace.write(`inbox/${FILE}`, ratings(10, 1));
    await connected(workspace.url, async (other) => {
      await other.query(
        "select pg_advisory_lock(hashtextextended('tally load customer_rating agency_a', 0))",
      );
      const [busy] = (await workspace.run({ TALLY_LOCK_WAIT_SECONDS: '0' })).loads;
      expect(busy).toMatchObject({ outcome: 'skipped', code: 'load_busy' });
    });
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded' }]);
  });
});

describe('an index that someone has made on a table', () => {
  const indexes = (workspace: Workspace) =>
    workspace.query(
      `select pg_index.indexrelid::regclass::text as name, inhrelid is not null as is_part, indisvalid as is_valid
       from pg_index left join pg_inherits on inhrelid = indexrelid
       where indrelid in (select inhrelid from pg_inherits where inhparent = 'items_agency_a'::regclass)`,
    );
  const load = (workspace: Workspace, rows: number) => {
    const items = Array.from({ length: rows }, (_, i) => `O-${i},1\n`).join('');
    workspace.write('files/items.csv', `order_reference,total_price\n${items}`);
    return workspace.load('files/items.csv', { feed: 'items', agency: 'agency_a' });
  };

  test('is there for the next version before readers are asked to wait, and after a rollback', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 10);
    await load(workspace, 11);
    await workspace.query(
      `create index "its USING, of all" on items (order_reference, lower(item_name)) where order_reference <> ' ON '`,
    );
    await workspace.query('create table public.noted (tag text)');
    // What an ATTACH builds by itself is no command.
    await workspace.query(
      `create function public.note() returns event_trigger language plpgsql as $$ begin insert into public.noted values (tg_tag); end $$`,
    );
    await workspace.query(
      `create event trigger note on ddl_command_end when tag in ('CREATE INDEX') execute function public.note()`,
    );
    expect(await load(workspace, 12)).toMatchObject({ outcome: 'loaded' });
    expect(await workspace.query('select tag from public.noted')).toHaveLength(1);
    expect(await indexes(workspace)).toMatchObject([{ is_part: true, is_valid: true }]);

    await workspace.query('truncate public.noted');
    const args = ['rollback', '--feed', 'items', '--agency', 'agency_a'];
    expect((await workspace.tally(args)).code).toBe(0);
    expect(await workspace.query('select count(*)::int as rows from items')).toEqual([{ rows: 11 }]);
    expect(await indexes(workspace)).toMatchObject([{ is_part: true, is_valid: true }]);
    expect(await workspace.query('select tag from public.noted')).toHaveLength(0);
  });
});
