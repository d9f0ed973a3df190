import { beforeEach, describe, expect, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { attemptJob } from '../../src/schedule/attempt.js';
import { syncJobs } from '../../src/schedule/plan.js';
import type { Job } from '../../src/schedule/schedule.js';
import { listOpenSlots, passOver } from '../../src/schedule/slots.js';
import { startHttp, type HttpReceiver } from '../setup/channels.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { ask, declare, HEADER, planSlot } from './scheduling.js';

let workspace: Workspace;
let http: HttpReceiver;
beforeEach(async () => {
  workspace = await createWorkspace();
  // Nobody's file is due here.
  workspace.write('agencies.yaml', 'agencies: {}\n');
  workspace.now = new Date('2026-11-21T02:31:00Z');
  http = await startHttp();
});

async function attempt(said: string, slotId?: string): Promise<void> {
  const job = jobOf(said);
  const context = {
    config: workspace.config({ TALLY_ALARM_WEBHOOK_URL: http.url('/hook') }),
    clock: { now: () => workspace.now },
  };
  const watching = { signal: new AbortController().signal, progress: () => {}, loaded: () => {} };
  await attemptJob(context, watching, job, slotId);
}
const jobOf = (said: string): Job => declare(workspace, `jobs:\n  it: { cron: '30 2 * * *', ${said} }\n`)[0]!;

/** What was told since it was asked last: kind, job, code and next command. */
const told = () =>
  http.received
    .splice(0)
    .flatMap(({ body }) => body.alarms as Record<string, string | null>[])
    .map((each) => [each.kind, each.job, each.code, each.next_command]);

const IN_THE_WAY = 'output/Customer_Rating_Aggregate_Report_20261121.csv';
const breakReport = () => workspace.write(`${IN_THE_WAY}/in the way`, '');
const mendReport = () => rmSync(join(workspace.folder, IN_THE_WAY), { recursive: true });

describe('a job that fails', () => {
  test('is told at once, again when it is given up, and when it is well', async () => {
    breakReport();
    const slot = await planSlot(workspace, 'it');
    await attempt('do: report, retries: 2', slot);
    expect(told()).toEqual([['failed', 'it', 'output_unwritable', 'tally schedule slots --job it']]);
    await attempt('do: report, retries: 2', slot);
    expect(told()).toEqual([]);
    await attempt('do: report, retries: 2', slot);
    expect(told()).toEqual([['failed', 'it', 'output_unwritable', 'tally schedule run it']]);

    mendReport();
    await attempt('do: report', await planSlot(workspace, 'it', '2026-11-21T02:31:00Z'));
    expect(told()).toEqual([['recovered', 'it', null, null]]);
    await attempt('do: report', await planSlot(workspace, 'it', '2026-11-21T02:32:00Z'));
    expect(told()).toEqual([]);
  });

  test('in the same way is told once a day while nobody has mended it', async () => {
    breakReport();
    for (const minute of ['30', '31'])
      await attempt('do: report, retries: 0', await planSlot(workspace, 'it', `2026-11-21T02:${minute}:00Z`));
    expect(told()).toEqual([['failed', 'it', 'output_unwritable', 'tally schedule run it']]);
    workspace.write('output/Customer_Rating_Aggregate_Report_20261122.csv/in the way', '');
    await attempt('do: report, retries: 0', await planSlot(workspace, 'it', '2026-11-22T02:30:00Z'));
    expect(told()).toHaveLength(1);
  });

  test('by hand is told like any command', async () => {
    breakReport();
    await attempt('do: report');
    expect(told()).toEqual([['failed', 'it', 'output_unwritable', 'tally schedule slots --job it']]);
  });
});

test('a job that is ended at its limit is told once', async () => {
  workspace.write(
    'sql/audits/slow.sql',
    "-- audit of customer_rating, warn: rows that take long\nselect slept from (select pg_sleep(600) as slept) as slow where slept::text = 'never'\n",
  );
  workspace.write('agencies.yaml', 'agencies:\n  agency_a: { name: Agency A }\n');
  workspace.write('inbox/customer_rating_agency_a_20261121.csv', `${HEADER}1,2,3,new\n`);
  await attempt('do: run, limit: 1s, retries: 0', await planSlot(workspace, 'it'));
  expect(told()).toContainEqual(['failed', 'it', 'job_timed_out', 'tally schedule run it']);
  expect(
    await workspace.query("select count(*)::int as alarms from tally.alarms where code = 'job_timed_out'"),
  ).toEqual([{ alarms: 1 }]);
});

describe('slots that were missed', () => {
  beforeEach(async () => {
    for (const day of ['18', '19', '20']) await planSlot(workspace, 'it', `2026-11-${day}T02:30:00Z`);
  });

  test('are told together, once, and it is over with the next that is done', async () => {
    await ask(workspace, async (client) =>
      passOver(client, await listOpenSlots(client), workspace.now, {
        why: 'It came too late.',
        isNews: true,
      }),
    );
    await attempt('do: report', await planSlot(workspace, 'it'));
    expect(told()).toEqual([
      ['failed', 'it', 'missed', 'tally schedule slots --job it'],
      ['recovered', 'it', null, null],
    ]);
    await attempt('do: report');
    expect(told()).toEqual([]);
  });

  test('because somebody took their job out of the schedule are no news, and what was open of it is over', async () => {
    breakReport();
    const job = jobOf('do: report');
    await ask(workspace, (client) => syncJobs(client, [job], workspace.now));
    await attempt('do: report, retries: 0', await planSlot(workspace, 'it'));
    expect(told()).toHaveLength(1);
    await ask(workspace, (client) => syncJobs(client, [], workspace.now));
    mendReport();
    await workspace.run({ TALLY_ALARM_WEBHOOK_URL: http.url('/hook') });
    expect(told()).toEqual([]);
    expect(await workspace.query('select job, recovered_at from tally.alarms')).toEqual([
      { job: 'it', recovered_at: workspace.now },
    ]);
  });
});
