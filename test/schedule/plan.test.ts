import { beforeEach, expect, test } from '@jest/globals';
import { planSlots, syncJobs } from '../../src/schedule/plan.js';
import type { Job } from '../../src/schedule/schedule.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { ask, declare, slotsOf } from './scheduling.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});

/** A scheduler that is started, looks at each of these moments, and is gone. */
async function lookAt(jobs: Job[], ...moments: string[]): Promise<void> {
  await ask(workspace, async (client) => {
    const [first, ...later] = moments.map((moment) => new Date(moment));
    const { planned } = await syncJobs(client, jobs, first!);
    for (const now of [first!, ...later]) await planSlots(client, planned, now);
  });
}
const slots = async () =>
  (await slotsOf(workspace, 'job, slot')).map(
    ({ job, slot }) => `${job as string} ${(slot as Date).toISOString().slice(0, 16)}`,
  );

function everyTenMinutes(from: string, hours: number): string[] {
  return Array.from({ length: hours * 6 + 1 }, (_, i) =>
    new Date(Date.parse(from) + i * 600_000).toISOString(),
  );
}

test.each([
  ['Europe/Zurich', '2026-03-28T20:00Z', '2026-03-29T01:00'],
  ['Europe/Zurich', '2026-10-24T20:00Z', '2026-10-25T00:30'],
  ['America/New_York', '2026-03-08T00:00Z', '2026-03-08T07:00'],
  ['America/New_York', '2026-11-01T00:00Z', '2026-11-01T07:30'],
])('a job of 02:30 in %s has one slot in the night from %s on', async (timeZone, from, slot) => {
  const jobs = declare(
    workspace,
    `jobs:\n  night: { cron: '30 2 * * *', do: run, time_zone: ${timeZone} }\n`,
  );
  await lookAt(jobs, ...everyTenMinutes(from, 14));
  expect(await slots()).toEqual([`night ${slot}`]);
});

test('a clock that goes back, and a second scheduler, make no slot twice', async () => {
  const jobs = declare(workspace, "jobs:\n  hourly: { cron: '0 * * * *', do: run }\n");
  await lookAt(jobs, '2026-11-21T00:30Z');
  const moments = ['2026-11-21T01:30Z', '2026-11-21T03:30Z', '2026-11-21T02:30Z', '2026-11-21T04:30Z'];
  await Promise.all([lookAt(jobs, ...moments), lookAt(jobs, ...moments)]);
  expect(await slots()).toEqual([1, 2, 3, 4].map((hour) => `hourly 2026-11-21T0${hour}:00`));
});

test('a job that is new begins now; what is due while nobody looks is made up for, however much it is', async () => {
  const jobs = declare(workspace, "jobs:\n  often: { cron: '* * * * *', do: run }\n");
  await lookAt(jobs, '2026-11-20T00:00:30Z');
  expect(await slots()).toEqual([]);
  await lookAt(jobs, '2026-11-21T00:00:30Z');
  expect(await slots()).toHaveLength(1440);
  expect((await slots())[0]).toBe('often 2026-11-20T00:01');
});

test('a job whose times are changed keeps what was due by the old ones until now', async () => {
  const text = (cron: string, zone: string) =>
    `jobs:\n  night: { cron: '${cron}', do: run, time_zone: ${zone} }\n`;
  await lookAt(declare(workspace, text('30 2 * * *', 'UTC')), '2026-11-20T12:00Z');
  await lookAt(declare(workspace, text('0 5 * * *', 'UTC')), '2026-11-21T06:00Z');
  await lookAt(
    declare(workspace, text('0 5 * * *', 'Europe/Zurich')),
    '2026-11-21T06:10Z',
    '2026-11-22T04:30Z',
  );
  expect(await slots()).toEqual(['night 2026-11-21T02:30', 'night 2026-11-22T04:00']);
});

test('a job that is gone is forgotten, and what had not begun is missed; if it comes again it begins anew', async () => {
  const both = "jobs:\n  a: { cron: '0 * * * *', do: run }\n  b: { cron: '0 * * * *', do: run }\n";
  const jobs = declare(workspace, both);
  await lookAt(jobs, '2026-11-21T00:30Z', '2026-11-21T01:30Z');
  await lookAt([jobs[0]!], '2026-11-21T01:40Z');
  expect(await slotsOf(workspace, 'job, state, message')).toEqual([
    { job: 'a', state: 'waiting', message: null },
    { job: 'b', state: 'missed', message: 'The job is no longer in schedule.yaml.' },
  ]);
  await lookAt(jobs, '2026-11-21T05:30Z');
  expect((await slots()).filter((slot) => slot.startsWith('b'))).toHaveLength(1);
});
