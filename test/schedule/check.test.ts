import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkAll, type Finding } from '../../src/run/check/check.js';
import { scheduleLooks } from '../../src/schedule/check.js';
import { syncJobs } from '../../src/schedule/plan.js';
import { announceScheduler, jobLock } from '../../src/schedule/slots.js';
import { tryLock } from '../../src/warehouse/locks.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { ask, declare, planSlot } from './scheduling.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
  workspace.now = new Date('2026-11-21T12:00:00Z');
});

async function check(name: 'schedule' | 'scheduler'): Promise<Finding[]> {
  const more = { clock: { now: () => workspace.now }, above: scheduleLooks };
  const findings = await checkAll(undefined, workspace.folder, { DATABASE_URL: workspace.url }, more);
  return findings.filter((finding) => finding.name === name);
}
const NIGHT = "jobs:\n  night: { cron: '30 2 * * *', do: run }\n";

/** As a scheduler that is up, and has looked, does; it is gone when `during` is over. */
async function whileUp(during: () => Promise<void>): Promise<void> {
  const jobs = declare(workspace, NIGHT);
  await ask(workspace, async (client) => {
    await announceScheduler(client);
    await syncJobs(client, jobs, workspace.now);
    await during();
  });
}

describe('the file', () => {
  test('is told with its jobs', async () => {
    expect(await check('schedule')).toMatchObject([{ state: 'ok', actual: 'no jobs' }]);
    declare(workspace, NIGHT);
    expect(await check('schedule')).toMatchObject([{ state: 'ok', actual: 'night (run)' }]);
  });

  test('with a fault, or a feed that is not there, is trouble', async () => {
    workspace.write('schedule.yaml', "jobs:\n  night: { cron: '99 2 * * *', do: { feed: order } }\n");
    expect(await check('schedule')).toMatchObject([
      {
        state: 'trouble',
        exit: 2,
        actual: expect.stringMatching(/schedule\.yaml:2: jobs\.night\.cron: expected five fields/),
        mend: expect.stringContaining('tally schedule --check'),
      },
    ]);
    workspace.write('schedule.yaml', "jobs:\n  night: { cron: '30 2 * * *', do: { feed: order } }\n");
    expect((await check('schedule'))[0]!.actual).toContain('expected a feed of this workspace (orders?)');
  });
});

describe('the scheduler', () => {
  test('is not missed where there are no jobs, or where there has never been one', async () => {
    expect(await check('scheduler')).toMatchObject([{ state: 'ok', actual: 'there are no jobs' }]);
    declare(workspace, NIGHT);
    expect(await check('scheduler')).toMatchObject([
      { state: 'ok', actual: 'none has been up yet; tally start is one' },
    ]);
  });

  test('that is up is seen, and missed when it is gone', async () => {
    await whileUp(async () => {
      expect(await check('scheduler')).toMatchObject([{ state: 'ok', actual: '1 up' }]);
    });
    expect(await check('scheduler')).toMatchObject([
      {
        state: 'trouble',
        exit: 1,
        actual: 'none is up; nothing is overdue yet',
        mend: 'tally start; or take the jobs out of schedule.yaml, if something else gives the commands',
      },
    ]);
  });

  test('that has been gone for days left times that are due', async () => {
    await whileUp(async () => {});
    workspace.now = new Date('2026-11-24T02:31:01Z');
    expect((await check('scheduler'))[0]!.actual).toBe(
      'none is up; night was due 3 times, first at 2026-11-22T02:30:00.000Z',
    );
  });

  test('that is up and does not begin what is due is trouble, unless the job is going on', async () => {
    await whileUp(async () => {
      const due = '2026-11-21T02:30:00.000Z';
      await planSlot(workspace, 'night', due);
      expect(await check('scheduler')).toMatchObject([
        {
          state: 'trouble',
          actual: `1 up, and night was due at ${due}`,
          mend: 'tally schedule slots --job night',
        },
      ]);
      await ask(workspace, async (client) => {
        expect(await tryLock(client, jobLock('night'))).toBe(true);
        expect(await check('scheduler')).toMatchObject([{ state: 'ok', actual: '1 up' }]);
      });
    });
  });
});
