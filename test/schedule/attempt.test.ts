import { beforeEach, describe, expect, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { attemptJob, type Attempted } from '../../src/schedule/attempt.js';
import { jobLock } from '../../src/schedule/slots.js';
import { tryLock } from '../../src/warehouse/locks.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { ask, declare, HEADER, planSlot, slotsOf } from './scheduling.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
  workspace.now = new Date('2026-11-21T02:31:00Z');
});

function attempt(
  job: string,
  slotId?: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Attempted | undefined> {
  const said = job.startsWith('do:') ? job : `do: ${job}`;
  const [declared] = declare(workspace, `jobs:\n  it: { cron: '30 2 * * *', ${said} }\n`);
  const context = { config: workspace.config(), clock: { now: () => workspace.now } };
  return attemptJob(context, { signal, progress: () => {}, loaded: () => {} }, declared!, slotId);
}
const SLOT = 'state, attempts, failures, code, not_before, finished_at';
const ratings = (agency: string, rows: string) =>
  workspace.write(`inbox/customer_rating_agency_${agency}_20261120.csv`, `${HEADER}${rows}`);

describe('an attempt', () => {
  test('does the work, and the ledger has the slot, its times and the run that it was', async () => {
    ratings('a', '1,2,3,new\n');
    const attempted = await attempt('run', await planSlot(workspace, 'it'));
    expect(attempted).toMatchObject({
      slot: new Date('2026-11-21T02:30:00Z'),
      done: { outcome: 'done', result: { loads: [{ outcome: 'loaded' }] } },
    });
    expect(await slotsOf(workspace, `${SLOT}, started_at`)).toEqual([
      {
        state: 'done',
        attempts: 1,
        failures: 0,
        code: null,
        not_before: new Date('2026-11-21T02:30:00Z'),
        started_at: workspace.now,
        finished_at: workspace.now,
      },
    ]);
    expect(await workspace.query('select command, slot_id, outcome from tally.runs')).toEqual([
      { command: 'run', slot_id: '1', outcome: 'done' },
    ]);
  });

  test('of one feed looks at no other file', async () => {
    ratings('a', '1,2,3,new\n');
    workspace.write('inbox/orders_20261120.csv', 'order_reference\n1\n');
    const attempted = await attempt('do: { feed: orders }', await planSlot(workspace, 'it'));
    expect(attempted!.done.result.loads).toMatchObject([{ feed: 'orders', outcome: 'loaded' }]);
    expect(workspace.list('inbox')).toEqual(['customer_rating_agency_a_20261120.csv']);
  });

  test.each(['report', '{ report: customer_rating_aggregate }'])(
    'of %s writes that of the day on which it was due, however late it is',
    async (work) => {
      workspace.now = new Date('2026-11-23T09:00:00Z');
      await attempt(work, await planSlot(workspace, 'it'));
      expect(workspace.list('output').filter((name) => name.endsWith('.csv'))).toEqual([
        'Customer_Rating_Aggregate_Report_20261121.csv',
      ]);
      expect(await workspace.query('select command from tally.runs')).toEqual([{ command: 'report' }]);
    },
  );

  test('that verifies holds what readers see against the deliveries', async () => {
    ratings('a', '1,2,3,new\n');
    ratings('b', '1,2,3,new\n');
    await workspace.run();
    const good = await attempt('verify', await planSlot(workspace, 'it'));
    expect(good!.done).toMatchObject({
      outcome: 'done',
      verified: { verifications: [{ outcome: 'verified' }, { outcome: 'verified' }] },
    });
    expect(await slotsOf(workspace, 'state')).toEqual([{ state: 'done' }]);
    expect(await workspace.query("select outcome from tally.runs where command = 'verify'")).toEqual([
      { outcome: 'done' },
    ]);
  });

  test('that could not verify is for a person to look at; one that finds a difference has failed', async () => {
    ratings('a', '1,2,3,new\n');
    ratings('b', '1,2,3,new\n');
    await workspace.run();
    const file = 'customer_rating_agency_a_20261120.csv';
    rmSync(join(workspace.folder, 'archive/customer_rating/2026-11-20', file));
    await attempt('verify', await planSlot(workspace, 'it'));
    expect(await slotsOf(workspace, SLOT)).toMatchObject([{ state: 'held', code: 'not_verifiable' }]);

    await workspace.query('update customer_rating_agency_b set customer_rating = 7');
    await attempt('verify', await planSlot(workspace, 'it', '2026-11-22T02:30:00Z'));
    expect((await slotsOf(workspace, `${SLOT}, message`))[1]).toMatchObject({
      state: 'failed',
      failures: 1,
      code: 'warehouse_differs',
      message: expect.stringMatching(
        /^customer_rating_agency_b_20261120\.csv: 1 difference .* \(and 1 more\)$/,
      ),
    });
    expect(await workspace.query("select code, what from tally.alarms where job = 'it'")).toMatchObject([
      {
        code: 'warehouse_differs',
        what: expect.stringContaining('1 difference between the file of load 2 and the warehouse'),
      },
    ]);
  });

  test('that verifies and is asked to stop waits for the next start', async () => {
    ratings('a', '1,2,3,new\n');
    await workspace.run();
    const stop = new AbortController();
    stop.abort();
    await attempt('verify', await planSlot(workspace, 'it'), stop.signal);
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      { state: 'waiting', failures: 0, code: 'interrupted' },
    ]);
  });

  test('that cleans lets go of what is older than the settings say', async () => {
    workspace.write('.env', 'TALLY_KEEP_DETAILS_DAYS=1\n');
    await workspace.query(
      `insert into tally.slots (job, slot, not_before, state, finished_at, watched)
       select 'it', at, at, 'done', at, true from generate_series('2026-11-01'::timestamptz, '2026-11-03', interval '1 day') as at`,
    );
    const attempted = await attempt('clean', await planSlot(workspace, 'it'));
    expect(attempted!.done).toMatchObject({ outcome: 'done' });
    expect(attempted!.done.cleaned).toContainEqual(expect.objectContaining({ what: 'slots', count: 3 }));
    expect(await slotsOf(workspace, 'state, slot')).toEqual([
      { state: 'done', slot: new Date('2026-11-21T02:30:00Z') },
    ]);
  });

  test('that is held is not tried again', async () => {
    ratings('a', 'x,2,3,new\n1,2,x,new\n2,3,4,new\n');
    await attempt('run', await planSlot(workspace, 'it'));
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      { state: 'held', failures: 0, code: 'guard_invalid_percent', finished_at: workspace.now },
    ]);
  });

  test('that failed is tried again after a pause', async () => {
    workspace.write('output/Customer_Rating_Aggregate_Report_20261121.csv/in the way', '');
    await attempt('do: run, backoff: 5m', await planSlot(workspace, 'it'));
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      {
        state: 'waiting',
        attempts: 1,
        failures: 1,
        code: 'output_unwritable',
        not_before: new Date('2026-11-21T02:36:00Z'),
        finished_at: null,
      },
    ]);
  });

  test('that failed for a file that is refused as it is, is not tried again', async () => {
    ratings('a', '1,2,3,new\n');
    workspace.write('inbox/customer_rating_agency_b_20261120.csv', '');
    await attempt('run', await planSlot(workspace, 'it'));
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      { state: 'failed', failures: 1, code: 'file_empty' },
    ]);
  });

  test('that throws is told, and tried again', async () => {
    workspace.write('sql/audits/mine.sql', 'select 1');
    await expect(attempt('run', await planSlot(workspace, 'it'))).rejects.toMatchObject({
      code: 'sql_invalid',
    });
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      { state: 'waiting', failures: 1, code: 'sql_invalid' },
    ]);
  });

  test('that is asked to stop waits for the next start, without counting', async () => {
    const stop = new AbortController();
    stop.abort();
    const slot = await planSlot(workspace, 'it');
    // It has its lock at once, and hears of the end when the work begins.
    await attempt('run', slot, stop.signal);
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      { state: 'waiting', attempts: 1, failures: 0, code: 'interrupted', not_before: workspace.now },
    ]);
  });
});

test('at its limit an attempt is ended and told, and nothing of it stays', async () => {
  workspace.write(
    'sql/audits/slow.sql',
    "-- audit of customer_rating, warn: rows that take long\nselect slept from (select pg_sleep(600) as slept) as slow where slept::text = 'never'\n",
  );
  ratings('a', '1,2,3,new\n');
  const attempted = await attempt('do: run, limit: 1s, retries: 0', await planSlot(workspace, 'it'));
  expect(attempted!.done).toMatchObject({
    outcome: 'failed',
    result: { errors: [{ code: 'job_timed_out' }] },
  });
  expect(await slotsOf(workspace, 'state, code, message')).toEqual([
    {
      state: 'failed',
      code: 'job_timed_out',
      message: 'The job it was ended at its limit of 1 s; what was not loaded was rolled back.',
    },
  ]);
  expect(await workspace.query('select count(*)::int as rows from customer_rating')).toEqual([{ rows: 0 }]);
  expect(await workspace.query('select outcome from tally.runs')).toEqual([{ outcome: 'failed' }]);
});

describe('a slot', () => {
  test('is begun once, whoever tries at the same time', async () => {
    const slot = await planSlot(workspace, 'it');
    const tried = await Promise.all([attempt('run', slot), attempt('run', slot), attempt('run', slot)]);
    expect(tried.filter((each) => each !== undefined)).toHaveLength(1);
    expect(await slotsOf(workspace, SLOT)).toMatchObject([{ state: 'done', attempts: 1 }]);
    expect(await workspace.query('select count(*)::int as runs from tally.runs where slot_id = 1')).toEqual([
      { runs: 1 },
    ]);
  });

  test('of another job, or one that does not wait, is left alone', async () => {
    const other = await planSlot(workspace, 'other');
    expect(await attempt('run', other)).toBeUndefined();
    const mine = await planSlot(workspace, 'it');
    await attempt('run', mine);
    expect(await attempt('run', mine)).toBeUndefined();
    expect(await slotsOf(workspace, SLOT)).toMatchObject([
      { state: 'done', attempts: 1 },
      { state: 'waiting', attempts: 0 },
    ]);
  });
});

describe('by hand', () => {
  test('a job has a slot of its own, now', async () => {
    await attempt('run');
    expect(await slotsOf(workspace, 'slot, by_hand, state')).toEqual([
      { slot: workspace.now, by_hand: true, state: 'done' },
    ]);
  });

  test('a job that is going on is not begun again', async () => {
    await ask(workspace, async (client) => {
      expect(await tryLock(client, jobLock('it'))).toBe(true);
      await expect(attempt('run')).rejects.toMatchObject({ code: 'job_busy' });
    });
    expect(await slotsOf(workspace, SLOT)).toEqual([]);
  });
});
