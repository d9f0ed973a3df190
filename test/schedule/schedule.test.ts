import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJob, loadSchedule, readSchedule, workText } from '../../src/schedule/schedule.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace({ database: false });
});

function read(text: string, timeZone = 'UTC') {
  workspace.write('schedule.yaml', text);
  return readSchedule({ workspace: workspace.folder, timeZone });
}
const faults = (text: string) => read(text).faults.map(({ line, message }) => `${line}: ${message}`);

test('a job says when and what; the rest has a default', () => {
  expect(read("jobs:\n  night: { cron: '30 2 * * *', do: run }\n", 'Europe/Zurich')).toEqual({
    jobs: [
      {
        name: 'night',
        cron: '30 2 * * *',
        timeZone: 'Europe/Zurich',
        work: 'run',
        retries: 2,
        backoffMs: 60_000,
        limitMs: 7_200_000,
        missed: 'latest',
      },
    ],
    faults: [],
  });
});

test('everything can be said; the time zone of the job goes before that of the file, and that before the setting', () => {
  const { jobs } = read(`time_zone: America/New_York
jobs:
  a: { cron: '*/5 * * * * *', do: { feed: orders }, retries: 0, backoff: 90s, limit: 4h, missed: all }
  b: { cron: 0 3 * * mon-fri, time_zone: Europe/Zurich, do: { report: customer_rating_aggregate } }
  c: { cron: '@daily', do: report, missed: none }
`);
  expect(jobs.map((job) => [job.name, job.timeZone, workText(job.work), job.missed])).toEqual([
    ['a', 'America/New_York', 'feed orders', 'all'],
    ['b', 'Europe/Zurich', 'report customer_rating_aggregate', 'latest'],
    ['c', 'America/New_York', 'report', 'none'],
  ]);
  expect(jobs[0]).toMatchObject({ retries: 0, backoffMs: 90_000, limitMs: 14_400_000 });
});

test('without the file, or without jobs in it, there are none', async () => {
  const empty = await createWorkspace({ database: false });
  expect(readSchedule(empty.config())).toEqual({ jobs: [], faults: [] });
  for (const text of ['', 'jobs:\n', 'jobs: {}\n']) expect(read(text)).toEqual({ jobs: [], faults: [] });
});

describe('what is wrong is told with its line', () => {
  test('of the file', () => {
    expect(faults('jobs: [\n')[0]).toMatch(/^\d: not YAML: /);
    expect(faults('job: {}\n')).toEqual(['1: job: is not known here']);
    expect(faults('time_zone: Mars\n')).toEqual([
      '1: time_zone: expected a time zone such as UTC or Europe/Zurich, got `Mars`',
    ]);
    expect(faults("jobs:\n  Night: { cron: '0 3 * * *', do: run }\n")).toEqual([
      '2: jobs.Night: expected a lower-case name: letters, digits, _ and -',
    ]);
  });

  test('of a job, all of it at once', () => {
    expect(
      faults(`jobs:
  night:
    cron: 61 2 * * *
    time_zone: Zurich
    do: everything
    retries: -1
    backoff: 60
    limit: 0s
    missed: some
    when: never
`),
    ).toEqual([
      expect.stringMatching(/^3: jobs\.night\.cron: expected five fields .*minute: 61, got `61 2 \* \* \*`$/),
      '4: jobs.night.time_zone: expected a time zone such as UTC or Europe/Zurich, got `Zurich`',
      '5: jobs.night.do: expected run, report, verify, clean, { feed: NAME } or { report: NAME }, got `everything`',
      '6: jobs.night.retries: expected 0 or more, got `-1`',
      '7: jobs.night.backoff: expected a duration in quotes or with its unit, such as 90s, 15m or 2h, got `60`',
      '8: jobs.night.limit: expected a duration that is longer than nothing, got `0s`',
      '9: jobs.night.missed: expected all, latest or none, got `some`',
      '10: jobs.night.when: is not known here',
    ]);
    expect(faults('jobs:\n  night:\n    do: run\n')).toEqual([
      '2: jobs.night.cron: expected a text, got nothing',
    ]);
  });

  test('a time that never comes', () => {
    expect(faults("jobs:\n  n: { cron: '0 0 30 2 *', do: run }\n")).toEqual([
      '2: jobs.n.cron: expected a time that comes, got `0 0 30 2 *`',
    ]);
  });

  test('a feed or a report that is not there', () => {
    expect(
      faults(`jobs:
  a: { cron: '0 3 * * *', do: { feed: order } }
  b:
    cron: 0 3 * * *
    do:
      report: nosuch
`),
    ).toEqual([
      '2: jobs.a.do.feed: expected a feed of this workspace (orders?), got `order`',
      '6: jobs.b.do.report: expected a report of this workspace, got `nosuch`',
    ]);
  });

  test('as one error for who needs the schedule', () => {
    workspace.write('schedule.yaml', 'jobs: { a: {} }\n');
    expect(() => loadSchedule(workspace.config())).toThrow(
      expect.objectContaining({
        code: 'schedule_invalid',
        message: expect.stringContaining('schedule.yaml:1: jobs.a.'),
      }),
    );
  });
});

test('a job that is not there: its neighbour is named', () => {
  const { jobs } = read("jobs:\n  night: { cron: '30 2 * * *', do: run }\n");
  expect(findJob(jobs, 'night').name).toBe('night');
  expect(() => findJob(jobs, 'nigth')).toThrow(
    expect.objectContaining({ code: 'unknown_job', message: 'There is no job nigth; did you mean night?' }),
  );
});

test('the schedule that ships is fine, also with the jobs that stand in comments', () => {
  const shipped = fileURLToPath(new URL('../../schedule.yaml', import.meta.url));
  copyFileSync(shipped, join(workspace.folder, 'schedule.yaml'));
  expect(loadSchedule(workspace.config()).map((job) => job.name)).toEqual(['night']);
  const uncommented = workspace.read('schedule.yaml').replace(/^ {2}# ( *\S+:)/gm, '  $1');
  expect(read(uncommented)).toMatchObject({ faults: [] });
  expect(read(uncommented).jobs).toHaveLength(5);
});
