import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { Nights } from './night.js';
import { startProxy, type Proxy } from './proxy.js';

/** Longer than a test may take: only who ends it sees its end. */
const ENDLESS = 'select pg_sleep(600) as slept';

async function untilAsleep(workspace: Workspace): Promise<void> {
  const asleep = `select from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep' and pid <> pg_backend_pid()`;
  for (let asked = 0; (await workspace.query(asleep)).length === 0; asked++) {
    if (asked > 1500) throw new Error('no statement began that takes long');
    await sleep(20);
  }
}

/** Ctrl+C once the statement has begun. */
async function interrupt(workspace: Workspace, args: string[]) {
  const child = workspace.start(args);
  const ended = finished(child);
  await untilAsleep(workspace);
  child.kill('SIGINT');
  return ended;
}

describe('Ctrl+C while the server is at a statement that takes long', () => {
  test('of a load: it is ended, the rows before stay, and the ledger says that it was interrupted', async () => {
    const workspace = await createWorkspace();
    const nights = new Nights(workspace);
    await nights.pass(1);
    const edition = nights.deliver();
    workspace.write(
      'sql/audits/slow.sql',
      `-- audit of customer_rating, warn: rows that take long\nselect slept from (${ENDLESS}) as slow where slept::text = 'never'\n`,
    );
    const ran = await interrupt(workspace, ['run', '--json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      outcome: 'interrupted',
      loads: [{ outcome: 'failed', code: 'interrupted' }],
      errors: [],
    });
    expect(await nights.expectWhole(edition)).toBe('old');
    await nights.expectClosed(edition);
    expect(await workspace.query('select outcome from tally.runs order by run_id desc limit 1')).toEqual([
      { outcome: 'interrupted' },
    ]);
    workspace.write(
      'sql/audits/slow.sql',
      '-- audit of customer_rating, warn: nothing\nselect where false\n',
    );
    await nights.expectMended(edition, await workspace.tally(['run', '--json']));
  });

  test.each([[['report', '--json']], [['run', '--json']]])(
    'of a report, with `tally %s`: it is ended, and nothing half is left',
    async (args) => {
      const workspace = await createWorkspace();
      workspace.write('sql/reports/slow.sql', `-- report: Slow_{date:YYYYMMDD}.csv\n${ENDLESS}\n`);
      const ran = await interrupt(workspace, args);
      expect(ran).toMatchObject({ code: 1 });
      expect(ran.stderr).not.toMatch(/^\s+at /m);
      expect(workspace.list('output').filter((name) => /tmp|Slow/.test(name))).toEqual([]);
      expect(await workspace.query('select outcome from tally.runs')).toEqual([{ outcome: 'interrupted' }]);
    },
  );

  test('of `tally status`: the process is gone, and the server does not go on with it', async () => {
    const workspace = await createWorkspace();
    const holder = new pg.Client(workspace.url);
    await holder.connect();
    try {
      // A lock that status waits for stands for a statement that takes long.
      await holder.query('begin; lock table tally.loads in access exclusive mode');
      const child = workspace.start(['status']);
      const ended = finished(child);
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      for (let asked = 0; (await workspace.query(waiting)).length === 0; asked++) {
        if (asked > 500) throw new Error('status did not come to wait');
        await sleep(20);
      }
      child.kill('SIGINT');
      await ended;
      for (let asked = 0; (await workspace.query(waiting)).length > 0; asked++) {
        if (asked > 500) throw new Error('the server waits on for a process that is gone');
        await sleep(20);
      }
    } finally {
      await holder.end();
    }
  });
});

describe('two commands at once', () => {
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startProxy();
  });
  afterAll(() => proxy.close());

  test('do not sweep away what the other has set aside, and do not take the other for dead', async () => {
    const workspace = await createWorkspace();
    const nights = new Nights(workspace);
    await nights.pass(1);
    const edition = nights.deliver();
    let meanwhile: { code: number | null } | undefined;
    proxy.arm({ side: 'up', bytes: 300_000 }, async () => {
      meanwhile = await workspace.tally(['report', '--date', '2024-01-01']);
      return 'go on';
    });
    const ran = await workspace.tally(['run', '--json'], { env: { DATABASE_URL: proxy.url(workspace.url) } });
    expect(meanwhile).toMatchObject({ code: 0 });
    await nights.expectMended(edition, ran);
    expect(await workspace.query('select outcome from tally.runs order by run_id')).toEqual([
      { outcome: 'done' },
      { outcome: 'done' },
      { outcome: 'done' },
    ]);
  });
});
