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
      await analyst.query('commit');
    });
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded', live: true }]);
  });
});

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
