import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { LoadProgress, LoadResult } from '../../src/load/delivery.js';
import { run, type RunSummary } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { documentOf } from '../cli/ran.js';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { holdUp, query } from '../setup/warehouse.js';

/** Files that are loaded at once: `--jobs`. */

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';

function ratings(count: number, rating = 1, everyInvalid = 0): string {
  const row = (i: number) => `${everyInvalid && i % everyInvalid === 0 ? 'x' : i},${rating},100,regular\n`;
  return HEADER + Array.from({ length: count }, (_, i) => row(i + 1)).join('');
}

const key = (number: number) => `agency_${String(number).padStart(2, '0')}`;

/** A workspace with so many agencies. */
async function withAgencies(count: number): Promise<Workspace> {
  const workspace = await createWorkspace();
  const lines = Array.from({ length: count }, (_, i) => `  ${key(i)}: { name: Agency ${i} }\n`);
  workspace.write('agencies.yaml', `agencies:\n${lines.join('')}`);
  return workspace;
}

interface Disturbed {
  signal?: AbortSignal;
  progress?: (done: LoadProgress) => void;
  loaded?: (result: LoadResult) => void;
}

/** A run in this process that can be watched and disturbed. */
async function runWith(
  workspace: Workspace,
  jobs: number,
  { signal = new AbortController().signal, progress = () => {}, loaded = () => {} }: Disturbed = {},
): Promise<{ summary: RunSummary; outcome: string }> {
  const config = { ...workspace.config(), jobs, logLevel: 'off' as const };
  const clock = { now: () => workspace.now };
  return inSession({ config, clock, command: 'run' }, async (session) => {
    const done = await run(session, { signal, progress, loaded });
    return { result: { summary: done.result, outcome: done.outcome }, outcome: done.outcome };
  });
}

const outcomes = ({ loads }: RunSummary) => loads.map((load) => load.code ?? load.outcome);

const contents = (workspace: Workspace) =>
  Promise.all(
    [
      `select agency, count(*)::int as n, sum(customer_number)::text as sum, max(customer_rating) as rating
       from customer_rating group by agency order by agency`,
      'select agency, file_name, line_number::int, summary from file_invalid_rows order by agency, file_name, line_number',
      `select feed, agency, business_date::text, outcome, code, live, rows_read::int, rows_loaded::int, rows_invalid::int
       from tally.loads order by feed, agency, business_date`,
      'select agency, business_date::text, count_customer_number::int, invalid_customer_number_count::int from rating_history order by 1, 2',
      'select agency, state, count(*)::int as n from tally.versions group by 1, 2 order by 1, 2',
    ].map((sql) => workspace.query(sql)),
  );

test('agencies that are all new, several feeds, several days: the same as with one job', async () => {
  const nights = await Promise.all([withAgencies(8), withAgencies(8)]);
  for (const workspace of nights) {
    for (let i = 0; i < 8; i++) {
      for (const day of ['20240305', '20240306', '20240307'])
        workspace.write(`inbox/customer_rating_${key(i)}_${day}.csv`, ratings(20 + i, Number(day) % 10, 7));
      workspace.write(`inbox/${key(i)}/sales_channels.csv`, `id,name\n${i},Web\n`);
      workspace.write(
        `inbox/usage_events_${key(i)}.csv`,
        `customer_id,event_type,event_id,event_date\n1,call,e1,2021-03-01 00:03:21.74+00\n2,call,e1,2021-03-01 00:03:21.74+00\n`,
      );
    }
  }
  const [one, several] = [await runWith(nights[0]!, 1), await runWith(nights[1]!, 6)];
  expect([one.outcome, several.outcome]).toEqual(['done', 'done']);
  expect(await contents(nights[1]!)).toEqual(await contents(nights[0]!));
  const report = `output/${one.summary.reports.at(-1)!.file.split('/').at(-1)}`;
  expect(nights[1]!.read(report)).toBe(nights[0]!.read(report));
});

test('files of one agency and feed are never loaded at once, and in the order of their days', async () => {
  const workspace = await withAgencies(3);
  const days = ['20240305', '20240306', '20240307', '20240308'];
  for (let i = 0; i < 3; i++)
    for (const day of days)
      workspace.write(`inbox/customer_rating_${key(i)}_${day}.csv`, ratings(2000, Number(day) % 10));
  const going = new Map<string, string>();
  let mostAtOnce = 0;
  const { summary } = await runWith(workspace, 4, {
    progress({ delivery }) {
      expect(going.get(delivery.agency.key) ?? delivery.fileName).toBe(delivery.fileName);
      going.set(delivery.agency.key, delivery.fileName);
      mostAtOnce = Math.max(mostAtOnce, going.size);
    },
    loaded: ({ agency }) => void going.delete(agency!),
  });
  expect(mostAtOnce).toBeGreaterThan(1);
  // The summary has the order of the files, whichever was done first.
  expect(summary.loads.map((load) => load.businessDate)).toEqual(
    days.flatMap((day) => Array<string>(3).fill(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`)),
  );
  expect(
    await workspace.query(
      'select agency, array_agg(business_date::text order by load_id) as days, bool_and(live) as live from tally.loads group by agency order by agency',
    ),
  ).toEqual(
    [0, 1, 2].map((i) => ({
      agency: key(i),
      days: ['2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08'],
      live: true,
    })),
  );
  expect(await workspace.query('select distinct customer_rating as rating from customer_rating')).toEqual([
    { rating: 8 },
  ]);
});

test('files of one name from several agencies are all in the archive', async () => {
  const workspace = await withAgencies(6);
  for (let i = 0; i < 6; i++) workspace.write(`inbox/${key(i)}/sales_channels.csv`, `id,name\n${i},Web\n`);
  const { summary } = await runWith(workspace, 6);
  expect(summary.errors).toEqual([]);
  const places = await workspace.query<{ agency: string; archived_as: string }>(
    'select agency, archived_as from tally.deliveries order by agency',
  );
  expect(places.map(({ archived_as: place }) => workspace.read(`archive/${place}`))).toEqual(
    [0, 1, 2, 3, 4, 5].map((i) => `id,name\n${i},Web\n`),
  );
});

test('one that fails and one that is held disturb no other', async () => {
  const workspace = await withAgencies(6);
  for (let i = 0; i < 6; i++) workspace.write(`inbox/customer_rating_${key(i)}.csv`, ratings(50));
  workspace.write(`inbox/customer_rating_${key(1)}.csv`, '');
  workspace.write(`inbox/customer_rating_${key(3)}.csv`, 'customer_number\n1\n');
  workspace.write(`inbox/customer_rating_${key(4)}.csv`, `${HEADER}x,1,100,new\n`);
  workspace.write('inbox/notes.txt', 'no delivery');
  const { summary, outcome } = await runWith(workspace, 4);
  expect(outcome).toBe('failed');
  expect(Object.fromEntries(summary.loads.map((load) => [load.agency, load.code ?? load.outcome]))).toEqual({
    agency_00: 'loaded',
    agency_01: 'file_empty',
    agency_02: 'loaded',
    agency_03: 'header_missing_column',
    agency_04: 'guard_invalid_percent',
    agency_05: 'loaded',
  });
  expect(summary.unmatched).toEqual(['notes.txt']);
  expect(await workspace.query('select count(*)::int as n from customer_rating')).toEqual([{ n: 150 }]);
});

test('an interruption ends all that are going on and begins no other; the next run finishes', async () => {
  const workspace = await withAgencies(5);
  for (let i = 0; i < 5; i++)
    workspace.write(`inbox/customer_rating_${key(i)}_2024030${i + 1}.csv`, ratings(100_000));
  const release = await holdUp(workspace.url);
  const controller = new AbortController();
  const reading = new Set<string>();
  const { summary, outcome } = await runWith(workspace, 3, {
    signal: controller.signal,
    progress({ delivery }) {
      reading.add(delivery.agency.key);
      if (reading.size === 3) controller.abort();
    },
  });
  await release();
  expect(outcome).toBe('interrupted');
  expect(outcomes(summary)).toEqual(['interrupted', 'interrupted', 'interrupted']);
  expect(summary.notTried).toEqual([
    `customer_rating_${key(3)}_20240304.csv`,
    `customer_rating_${key(4)}_20240305.csv`,
  ]);
  expect(await workspace.query('select count(*)::int as n from customer_rating')).toEqual([{ n: 0 }]);
  const next = await runWith(workspace, 3);
  expect(outcomes(next.summary)).toEqual(Array(5).fill('loaded'));
  expect(await workspace.query('select count(*)::int as n from customer_rating')).toEqual([{ n: 500_000 }]);
});

test('a database that goes away stops all, and the next run finishes', async () => {
  const workspace = await withAgencies(5);
  for (let i = 0; i < 5; i++)
    workspace.write(`inbox/customer_rating_${key(i)}_2024030${i + 1}.csv`, ratings(50_000));
  const release = await holdUp(workspace.url);
  const reading = new Set<string>();
  let ending: Promise<unknown> | undefined;
  const { summary, outcome } = await runWith(workspace, 2, {
    progress({ delivery }) {
      reading.add(delivery.agency.key);
      if (reading.size === 2)
        ending ??= query(
          workspace.url,
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'tally'`,
        );
    },
  });
  await ending;
  await release();
  expect(outcome).toBe('failed');
  expect(outcomes(summary)).toEqual(['database_lost', 'database_lost']);
  expect(summary.notTried).toHaveLength(3);
  expect(summary.reports).toEqual([]);
  expect(await workspace.query('select count(*)::int as n from customer_rating')).toEqual([{ n: 0 }]);
  expect(outcomes((await runWith(workspace, 2)).summary)).toEqual(Array(5).fill('loaded'));
});

test('readers of all agencies see old or new rows of each, never a part, an error or a deadlock', async () => {
  const workspace = await withAgencies(4);
  const deliver = (day: number) => {
    for (let i = 0; i < 4; i++)
      workspace.write(`inbox/customer_rating_${key(i)}_2024030${day}.csv`, ratings(1000, day));
  };
  deliver(1);
  await runWith(workspace, 3);
  let done = false;
  let reads = 0;
  const read = async (isolation: string) => {
    const client = new pg.Client(workspace.url);
    await client.connect();
    while (!done) {
      await client.query(`begin isolation level ${isolation}`);
      const { rows } = await client.query(
        'select count(*)::int as n, count(distinct customer_rating)::int as days from customer_rating group by agency',
      );
      expect(rows).toEqual(Array(4).fill({ n: 1000, days: 1 }));
      await client.query('commit');
      reads++;
    }
    await client.end();
  };
  const readers = ['read committed', 'repeatable read', 'read committed'].map(read);
  for (let day = 2; day <= 6; day++) {
    deliver(day);
    expect(outcomes((await runWith(workspace, 3)).summary)).toEqual(Array(4).fill('loaded'));
  }
  done = true;
  await Promise.all(readers);
  expect(reads).toBeGreaterThan(3);
});

describe('the command', () => {
  test('takes --jobs and TALLY_JOBS, and says what is wrong with a number', async () => {
    const workspace = await withAgencies(3);
    for (let i = 0; i < 3; i++) workspace.write(`inbox/customer_rating_${key(i)}.csv`, ratings(5));
    const files = [0, 1].map((i) => `inbox/customer_rating_${key(i)}.csv`);
    expect(documentOf(await workspace.tally(['load', ...files, '--jobs', '2', '--json']))).toMatchObject([
      { agency: key(0), outcome: 'loaded' },
      { agency: key(1), outcome: 'loaded' },
    ]);
    const ran = await workspace.tally(['run', '--json'], { env: { TALLY_JOBS: '2' } });
    expect(documentOf(ran)).toMatchObject({ outcome: 'done', loads: [{ agency: key(2) }] });
    for (const jobs of ['0', 'two', '1.5', '33']) {
      const refused = await workspace.tally(['run', '--jobs', jobs]);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain(`expected a number of jobs from 1 to 32, got \`${jobs}\``);
    }
  });

  test('Ctrl+C ends all jobs: nothing of theirs is there', async () => {
    const workspace = await withAgencies(3);
    for (let i = 0; i < 3; i++)
      workspace.write(`inbox/customer_rating_${key(i)}_2024030${i + 1}.csv`, ratings(500_000));
    const child = workspace.start(['run', '--jobs', '2', '--json']);
    const ended = finished(child);
    const sql = 'select count(*)::int as n from tally.loads where outcome is null';
    for (let n = 0; n < 2; [{ n }] = (await workspace.query<{ n: number }>(sql)) as [{ n: number }])
      await sleep(10);
    child.kill('SIGINT');
    const ran = await ended;
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({
      outcome: 'interrupted',
      loads: [{ code: 'interrupted' }, { code: 'interrupted' }],
    });
    expect(await workspace.query('select count(*)::int as n from customer_rating')).toEqual([{ n: 0 }]);
    expect(
      await workspace.query("select tablename from pg_tables where schemaname = 'tally_version'"),
    ).toEqual([]);
  });
});
