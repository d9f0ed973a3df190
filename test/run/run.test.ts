import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { lockName } from '../../src/load/load.js';
import { tryLock } from '../../src/warehouse/locks.js';
import type { RunSummary } from '../../src/run/run.js';
import { run } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { holdUp, query } from '../setup/warehouse.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const rows = (count: number, status = 'regular') =>
  HEADER + Array.from({ length: count }, (_, i) => `${i},1,100,${status}\n`).join('');
const REPORT = 'output/Customer_Rating_Aggregate_Report_20261120.csv';

const outcomes = ({ loads }: RunSummary) =>
  Object.fromEntries(loads.map((load) => [load.file, load.code ?? load.outcome]));
const liveRows = async (workspace: Workspace) =>
  (await workspace.query<{ count: number }>('select count(*)::int as count from customer_rating'))[0]!.count;

describe('what goes wrong beside the loads keeps nothing else from being done', () => {
  test('an inbox that is not there: the report is written all the same', async () => {
    const workspace = await createWorkspace();
    rmSync(join(workspace.folder, 'inbox'), { recursive: true });
    const summary = await workspace.run();
    expect(summary.errors).toMatchObject([
      { code: 'file_missing', message: expect.stringContaining('/inbox') },
    ]);
    expect(summary.reports).toHaveLength(1);
    expect(await workspace.query('select outcome from tally.runs')).toEqual([{ outcome: 'failed' }]);
  });

  test('an archive that cannot be written: the load counts, the file stays, and the next run puts it away', async () => {
    const workspace = await createWorkspace();
    workspace.write('inbox/customer_rating_agency_a.csv', rows(2));
    writeFileSync(join(workspace.folder, 'archive'), 'a file is in the way');
    const summary = await workspace.run();
    expect(summary.loads).toMatchObject([{ outcome: 'loaded', rowsLoaded: 2 }]);
    expect(summary.errors).toMatchObject([
      { code: 'output_unwritable', message: expect.stringContaining('was loaded but could not be archived') },
    ]);
    expect(workspace.list('inbox')).toEqual(['customer_rating_agency_a.csv']);

    rmSync(join(workspace.folder, 'archive'));
    const second = await workspace.run();
    expect(second).toMatchObject({ errors: [], loads: [{ outcome: 'skipped', code: 'known' }] });
    expect(workspace.list('inbox')).toEqual([]);
    expect(await liveRows(workspace)).toBe(2);
  });

  test('an output folder that cannot be written: the loads count', async () => {
    const workspace = await createWorkspace();
    workspace.write('inbox/customer_rating_agency_a.csv', rows(2));
    rmSync(join(workspace.folder, 'output'), { recursive: true });
    writeFileSync(join(workspace.folder, 'output'), 'a file is in the way');
    const summary = await workspace.run();
    expect(summary).toMatchObject({
      loads: [{ outcome: 'loaded' }],
      reports: [],
      errors: [{ code: 'output_unwritable' }],
    });
    expect(await liveRows(workspace)).toBe(2);
  });

  test("a report of one's own that is wrong: the others are written", async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'sql/reports/wrong.sql',
      '-- report: Wrong_{date:YYYYMMDD}.csv\nselect nosuch from customer_rating\n',
    );
    workspace.write('sql/reports/nameless.sql', 'select 1');
    const summary = await workspace.run();
    expect(summary.reports.map((each) => each.report)).toEqual(['customer_rating_aggregate']);
    expect(summary.errors.map((error) => [error.code, error.message])).toEqual([
      ['sql_invalid', expect.stringMatching(/nameless\.sql:1: expected `-- report: /)],
      ['sql_invalid', expect.stringMatching(/wrong\.sql:2: column "nosuch" does not exist/)],
    ]);
  });
});

describe('what lies in the inbox and is no file', () => {
  test('a folder with the name of a delivery fails as one; another is a place to look', async () => {
    const workspace = await createWorkspace();
    workspace.write('inbox/items_20240305.csv/part.csv', 'x');
    workspace.write('inbox/agency_a/sales_channels.csv', 'id,name\n1,Web\n');
    const summary = await workspace.run();
    expect(outcomes(summary)).toEqual({
      'items_20240305.csv': 'file_not_regular',
      'sales_channels.csv': 'loaded',
    });
    expect(summary.unmatched).toEqual(['items_20240305.csv/part.csv']);
  });

  test('a link is followed; its content is archived, and what it leads to stays', async () => {
    const workspace = await createWorkspace();
    const real = workspace.write('elsewhere/ratings.csv', rows(3));
    symlinkSync(real, join(workspace.folder, 'inbox/customer_rating_agency_a.csv'));
    symlinkSync('/nowhere/at/all', join(workspace.folder, 'inbox/orders.csv'));
    const summary = await workspace.run();
    expect(outcomes(summary)).toEqual({
      'customer_rating_agency_a.csv': 'loaded',
      'orders.csv': 'file_unreadable',
    });
    expect(existsSync(real)).toBe(true);
    expect(workspace.list('inbox')).toEqual(['orders.csv']);
    const [{ archived_as: place }] = (await workspace.query('select archived_as from tally.deliveries')) as [
      { archived_as: string },
    ];
    expect(workspace.read(`archive/${place}`)).toBe(rows(3));
  });

  test('is told in the ledger once, as long as nothing changes', async () => {
    const workspace = await createWorkspace();
    mkdirSync(join(workspace.folder, 'inbox/orders_05032024.csv'));
    workspace.write('inbox/Customer Rating Agency Q Inc.csv', rows(1));
    for (let night = 0; night < 3; night++) await workspace.run();
    const told = await workspace.query(
      'select feed, agency, file_name, outcome, code from tally.loads order by code',
    );
    expect(told).toEqual([
      {
        feed: 'orders',
        agency: 'agency_a',
        file_name: 'orders_05032024.csv',
        outcome: 'failed',
        code: 'file_not_regular',
      },
      {
        feed: 'customer_rating',
        agency: null,
        file_name: 'Customer Rating Agency Q Inc.csv',
        outcome: 'failed',
        code: 'unknown_agency',
      },
    ]);
  });
});

test('a failed file keeps neither the others nor the report', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a.csv', '');
  workspace.write('inbox/customer_rating_agency_b.csv', rows(2, 'high-value'));
  workspace.write('inbox/notes.txt', 'no delivery');
  const summary = await workspace.run();
  expect(outcomes(summary)).toEqual({
    'customer_rating_agency_a.csv': 'file_empty',
    'customer_rating_agency_b.csv': 'loaded',
  });
  expect(summary.unmatched).toEqual(['notes.txt']);
  expect(workspace.read(REPORT)).toContain('\nagency_b,2,2,2,0,0.00\n');
  expect(workspace.list('inbox')).toEqual(['customer_rating_agency_a.csv', 'notes.txt']);
});

test('older business dates are loaded first, so that the present comes last', async () => {
  const workspace = await createWorkspace();
  for (const day of ['20240307', '20240305', '20240306'])
    workspace.write(`inbox/customer_rating_agency_a_${day}.csv`, rows(Number(day) - 20240300));
  const { loads } = await workspace.run();
  expect(loads.map((load) => [load.businessDate, load.live])).toEqual([
    ['2024-03-05', true],
    ['2024-03-06', true],
    ['2024-03-07', true],
  ]);
  expect(await liveRows(workspace)).toBe(7);
});

test('a file that vanishes between listing and loading is no failure, and the rest goes on', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(1));
  const taken = workspace.write('inbox/customer_rating_agency_b_20240306.csv', rows(1));
  workspace.write('inbox/customer_rating_agency_c_20240307.csv', rows(1));
  const { summary } = await pass(workspace, { loaded: () => rmSync(taken, { force: true }) });
  expect(outcomes(summary)).toEqual({
    'customer_rating_agency_a_20240305.csv': 'loaded',
    'customer_rating_agency_b_20240306.csv': 'taken_away',
    'customer_rating_agency_c_20240307.csv': 'loaded',
  });
});

test('an interruption leaves nothing partial, says what was not tried, and the next run finishes', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(5));
  workspace.write('inbox/customer_rating_agency_b_20240306.csv', rows(5));
  const controller = new AbortController();
  const { summary, outcome } = await pass(workspace, {
    signal: controller.signal,
    loaded: () => controller.abort(),
  });
  expect(outcome).toBe('interrupted');
  expect(summary).toMatchObject({
    loads: [{ outcome: 'loaded' }],
    notTried: ['customer_rating_agency_b_20240306.csv'],
    reports: [],
  });
  expect(outcomes(await workspace.run())).toEqual({ 'customer_rating_agency_b_20240306.csv': 'loaded' });
  expect(await liveRows(workspace)).toBe(10);
});

test('an interruption while another load goes on is one, and not told as that load', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(5));
  const other = new pg.Client(workspace.url);
  await other.connect();
  expect(await tryLock(other, lockName('customer_rating', 'agency_a'))).toBe(true);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 500);
  const { summary, outcome } = await pass(workspace, { signal: controller.signal });
  expect(outcome).toBe('interrupted');
  expect(outcomes(summary)).toEqual({ 'customer_rating_agency_a_20240305.csv': 'interrupted' });

  const busy = await workspace.run({ TALLY_LOCK_WAIT_SECONDS: '0' });
  expect(busy.loads).toMatchObject([
    {
      outcome: 'skipped',
      code: 'load_busy',
      message: expect.stringContaining('another load of customer_rating for agency_a'),
    },
  ]);
  await other.end();
  expect(await liveRows(workspace)).toBe(0);
  expect(outcomes(await workspace.run())).toEqual({ 'customer_rating_agency_a_20240305.csv': 'loaded' });
});

test('a database that goes away in the middle: rows before stay, the rest is not tried, and it is said', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240304.csv', rows(3));
  await workspace.run();
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(50_000));
  workspace.write('inbox/customer_rating_agency_b_20240306.csv', rows(2));
  const release = await holdUp(workspace.url);
  let gone = false;
  const { summary, outcome } = await pass(workspace, {
    loadedBytes: async () => {
      if (gone) return;
      gone = true;
      await query(
        workspace.url,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tally'",
      );
    },
  });
  await release();
  expect(outcome).toBe('failed');
  expect(outcomes(summary)).toEqual({ 'customer_rating_agency_a_20240305.csv': 'database_lost' });
  expect(summary.notTried).toEqual(['customer_rating_agency_b_20240306.csv']);
  expect(await liveRows(workspace)).toBe(3);
  expect(workspace.list('inbox')).toHaveLength(2);

  expect(outcomes(await workspace.run())).toEqual({
    'customer_rating_agency_a_20240305.csv': 'loaded',
    'customer_rating_agency_b_20240306.csv': 'loaded',
  });
  expect(await liveRows(workspace)).toBe(50_002);
});

describe('a file of the inbox that someone names', () => {
  test('is of the day on which it arrived, as it is for a run', async () => {
    const workspace = await createWorkspace();
    workspace.now = new Date('2090-01-01T00:00:00Z');
    workspace.write('inbox/Customer Rating Agency A Inc.csv', rows(1));
    const load = await workspace.load('inbox/Customer Rating Agency A Inc.csv');
    expect(load).toMatchObject({ outcome: 'loaded', businessDate: new Date().toISOString().slice(0, 10) });
    expect(workspace.list('inbox')).toEqual([]);
  });

  test('and one from elsewhere arrives now, and stays where it is', async () => {
    const workspace = await createWorkspace();
    const path = workspace.write('elsewhere/Customer Rating Agency A Inc.csv', rows(1));
    expect(await workspace.load('elsewhere/Customer Rating Agency A Inc.csv')).toMatchObject({
      businessDate: '2026-11-20',
    });
    expect(existsSync(path)).toBe(true);
    expect(workspace.list('archive/customer_rating/2026-11-20')).toContain(
      'Customer Rating Agency A Inc.csv',
    );
  });
});

/** One pass that can be watched and disturbed. */
async function pass(
  workspace: Workspace,
  {
    signal = new AbortController().signal,
    loaded = () => {},
    loadedBytes = async () => {},
  }: {
    signal?: AbortSignal;
    loaded?: () => void;
    loadedBytes?: () => Promise<void>;
  },
): Promise<{ summary: RunSummary; outcome: string }> {
  const disturbed: Promise<void>[] = [];
  const config = { ...workspace.config(), logLevel: 'off' as const };
  const clock = { now: () => workspace.now };
  return inSession({ config, clock, command: 'run' }, async (session) => {
    const progress = () => void disturbed.push(loadedBytes());
    const done = await run(session, { signal, loaded, progress });
    await Promise.all(disturbed);
    return { result: { summary: done.result, outcome: done.outcome }, outcome: done.outcome };
  });
}
