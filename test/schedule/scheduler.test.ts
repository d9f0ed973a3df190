import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Scheduler, type Told } from '../../src/schedule/scheduler.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { declare, HEADER, planSlot, slotsOf, until } from './scheduling.js';

// Each attempt is a process: on a busy machine that takes seconds.
jest.setTimeout(300_000);

let workspace: Workspace;
let scheduler: Scheduler | undefined;
let told: Told[];
beforeEach(async () => {
  workspace = await createWorkspace();
  told = [];
});
afterEach(async () => {
  await scheduler?.close(true);
  scheduler = undefined;
});

/** A job that is due once a year, so that only what the test plans is due. */
const job = (said: string) => `jobs:\n  it: { cron: '0 0 29 2 *', ${said} }\n`;

async function start(schedule: string): Promise<void> {
  declare(workspace, schedule);
  const { PATH, HOME } = process.env;
  scheduler = await Scheduler.start({
    config: workspace.config(),
    clock: { now: () => new Date() },
    environment: { PATH, HOME, DATABASE_URL: workspace.url },
    tell: (each) => told.push(each),
    graceMs: 1000,
  });
}
const ended = () => told.filter((each) => each.what === 'ended').map(({ state }) => state);
const SLOT = 'job, state, attempts, failures, code';

/** A report that never ends. */
const ENDLESS = '-- report: Slow_{date:YYYYMMDD}.csv\nselect pg_sleep(600)::text as slept\n';

async function pidOfRunning(): Promise<number> {
  const RUNNING = "select split_part(claimed_by, ' ', 2) as pid from tally.slots where state = 'running'";
  await until(async () => (await workspace.query(RUNNING)).length > 0);
  return Number((await workspace.query<{ pid: string }>(RUNNING))[0]!.pid);
}

test('what is due is done, and told', async () => {
  workspace.write('inbox/customer_rating_agency_a_20261120.csv', `${HEADER}1,2,3,new\n`);
  await planSlot(workspace, 'it');
  await start(job('do: run'));
  await until(() => ended().length > 0);
  expect(told).toEqual([
    { what: 'schedule', jobs: 1 },
    { what: 'begins', job: 'it', slot: new Date('2026-11-21T02:30:00Z'), attempt: 1 },
    {
      what: 'ended',
      job: 'it',
      slot: new Date('2026-11-21T02:30:00Z'),
      state: 'done',
      message: null,
      again: null,
    },
  ]);
  expect(await workspace.query('select count(*)::int as rows from customer_rating')).toEqual([{ rows: 1 }]);
});

test('what failed is tried again', async () => {
  workspace.write('output/Slow_20261121.csv/in the way', '');
  workspace.write('sql/reports/slow.sql', ENDLESS.replace('600', '0'));
  await planSlot(workspace, 'it');
  await start(job('do: { report: slow }, backoff: 1s'));
  await until(() => ended().length > 0);
  expect(told.at(-1)).toMatchObject({
    state: 'waiting',
    again: expect.any(Date),
    message: expect.any(String),
  });
  rmSync(join(workspace.folder, 'output', 'Slow_20261121.csv'), { recursive: true });
  await until(() => ended().includes('done'));
  expect(await slotsOf(workspace, 'state')).toEqual([{ state: 'done' }]);
});

describe('a process', () => {
  test('that hangs so that it hears nothing is killed at the limit, closed in the ledger, and told', async () => {
    workspace.write('sql/reports/slow.sql', ENDLESS);
    await planSlot(workspace, 'it');
    // On a busy machine the first ones may come to their limit before they have begun.
    await start(job('do: run, limit: 6s, retries: 100, backoff: 1s'));
    process.kill(await pidOfRunning(), 'SIGSTOP');
    const before = ended().length;
    await until(() => ended().length > before);
    await scheduler!.close(true);
    expect(told.filter(({ what }) => what === 'ended')[before]).toMatchObject({
      state: 'waiting',
      message: expect.stringMatching(/ended at its limit of 6 s/),
    });
    expect(
      await workspace.query(
        "select outcome, errors -> 0 ->> 'code' as code from tally.runs where slot_id = 1",
      ),
    ).toContainEqual({ outcome: 'crashed', code: 'job_timed_out' });
    expect(await workspace.query('select kind, code from tally.alarms where feed is null')).toContainEqual({
      kind: 'failed',
      code: 'job_timed_out',
    });
  });

  test('that dies is begun again', async () => {
    workspace.write('sql/reports/slow.sql', ENDLESS);
    await planSlot(workspace, 'it');
    await start(job('do: { report: slow }, retries: 0, backoff: 1s'));
    process.kill(await pidOfRunning(), 'SIGKILL');
    await until(() => ended().length > 0);
    expect(told.at(-1)).toMatchObject({
      state: 'waiting',
      message: expect.stringMatching(/was ended by SIGKILL/),
    });
    workspace.write('sql/reports/slow.sql', ENDLESS.replace('600', '0'));
    await until(() => ended().includes('done'));
    expect(await slotsOf(workspace, SLOT)).toEqual([
      { job: 'it', state: 'done', attempts: 2, failures: 1, code: null },
    ]);
  });

  test('that cannot even begin fails with what it says', async () => {
    await planSlot(workspace, 'it');
    workspace.write('feeds/broken.yaml', 'title: 1\n');
    await start(job('do: run, retries: 0'));
    await until(() => ended().length > 0);
    expect(await slotsOf(workspace, SLOT)).toEqual([
      { job: 'it', state: 'failed', attempts: 1, failures: 1, code: 'feed_invalid' },
    ]);
  });
});

test('slots that the rule passes over are told together', async () => {
  for (const day of ['18', '19', '20', '21']) await planSlot(workspace, 'it', `2026-11-${day}T02:30:00Z`);
  await start(job('do: report'));
  await until(() => ended().length > 0);
  expect(told[1]).toEqual({
    what: 'passed over',
    job: 'it',
    state: 'missed',
    slots: ['18', '19', '20'].map((day) => new Date(`2026-11-${day}T02:30:00Z`)),
    message: 'A later slot goes in its place.',
  });
  expect((await slotsOf(workspace)).map(({ state }) => state)).toEqual([
    'missed',
    'missed',
    'missed',
    'done',
  ]);
});

test('slots that are too late for the rule are missed, and people are told of them once', async () => {
  for (const day of ['18', '19', '20']) await planSlot(workspace, 'it', `2026-11-${day}T02:30:00Z`);
  await start(job('do: report, missed: none'));
  const alarms = () =>
    workspace.query('select job, code, numbers, recovered_at from tally.alarms where job is not null');
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual([{ job: 'it', code: 'missed', numbers: { missed: 3 }, recovered_at: null }]);
});

test('a schedule that is changed holds at once; one that is broken is told, and the one before goes on', async () => {
  await start(job('do: report'));
  workspace.write('schedule.yaml', 'jobs: { it: {} }\n');
  await until(() => told.some((each) => each.what === 'trouble'));
  expect(told.at(-1)).toMatchObject({
    code: 'schedule_invalid',
    message: expect.stringContaining('schedule.yaml:1'),
  });
  await planSlot(workspace, 'it');
  await until(() => ended().length > 0);
  expect(ended()).toEqual(['done']);
  declare(
    workspace,
    "jobs:\n  it: { cron: '0 0 29 2 *', do: report }\n  other: { cron: '* * * * * *', do: report }\n",
  );
  await until(() => told.some((each) => each.what === 'ended' && each.job === 'other'));
  expect(told).toContainEqual({ what: 'schedule', jobs: 2 });
});

test('a database that goes away is told once, and what is due then is done when it is back', async () => {
  await start(job('do: report'));
  const name = new URL(workspace.url).pathname.slice(1);
  await workspace.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = '${name}' and pid <> pg_backend_pid()`);
  await until(() => told.some((each) => each.what === 'trouble'));
  await planSlot(workspace, 'it');
  await until(() => ended().length > 0);
  expect(told.filter((each) => each.what === 'trouble')).toMatchObject([{ code: 'database_lost' }]);
  expect(ended()).toEqual(['done']);
});

test('a database that is not there at the start is an error', async () => {
  declare(workspace, job('do: run'));
  await expect(
    Scheduler.start({
      config: workspace.config({ DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/d' }),
      clock: { now: () => new Date() },
      environment: {},
      tell: (each) => told.push(each),
    }),
  ).rejects.toMatchObject({ code: 'database_unreachable', message: expect.not.stringContaining('secret') });
});
