import { afterEach, expect, jest, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError } from './ran.js';

// Each attempt is a process: on a busy machine that takes seconds.
jest.setTimeout(300_000);

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
function start(workspace: Workspace, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = workspace.start(args, { env: { TALLY_HTTP_PORT: '0', ...env } });
  started.push(child);
  return child;
}

/** A report that takes a while, so that a job can be met at work. */
const slowReport = (seconds: number) =>
  `-- report: Slow_{date:YYYYMMDD}.csv\nselect pg_sleep(${seconds})::text as slept\n`;

async function scheduled(schedule: string, reportSeconds = 0.5): Promise<Workspace> {
  const workspace = await createWorkspace();
  workspace.write('schedule.yaml', schedule);
  workspace.write('sql/reports/slow.sql', slowReport(reportSeconds));
  return workspace;
}

async function until(workspace: Workspace, sql: string): Promise<void> {
  while ((await workspace.query(sql)).length === 0) await sleep(50);
}

// No slot is given up, however slow the machine is.
const FAST = "jobs:\n  fast: { cron: '*/2 * * * * *', do: { report: slow }, missed: all, backoff: 1s }\n";
const closed = (count: number) =>
  `select from tally.slots where finished_at is not null having count(*) >= ${count}`;

/** False if it was gone already. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Each due time has its slot, each slot that is closed one run that is done, and no two runs overlap. */
async function expectEachSlotOnce(workspace: Workspace): Promise<void> {
  const slots = await workspace.query<{ slot: Date; state: string; done: number }>(`
    select slot, state, count(run_id) filter (where outcome = 'done')::int as done
    from tally.slots left join tally.runs using (slot_id) group by slot_id order by slot`);
  slots.forEach(({ slot, state, done }, index) => {
    expect(slot.getTime()).toBe(slots[0]!.slot.getTime() + index * 2000);
    expect({ slot, state, done }).toEqual({
      slot,
      state: done === 1 ? 'done' : 'waiting',
      done: state === 'done' ? 1 : 0,
    });
  });
  expect(
    await workspace.query(`select a.run_id from tally.runs as a join tally.runs as b
      on a.run_id < b.run_id and b.started_at < a.finished_at and a.started_at < b.finished_at
      where a.slot_id is not null and b.slot_id is not null and a.outcome = 'done' and b.outcome = 'done'`),
  ).toEqual([]);
}

test('a scheduler that is killed in the middle of a job: the next one goes on, and each slot is run once', async () => {
  const workspace = await scheduled(FAST);
  const first = start(workspace, ['schedule']);
  const firstEnded = finished(first);
  await until(workspace, closed(2));
  await until(workspace, "select from tally.slots where state = 'running'");
  first.kill('SIGKILL');
  // And what it had begun with it, as when the machine goes down.
  const [going] = await workspace.query<{ pid: string }>(
    "select split_part(claimed_by, ' ', 2) as pid from tally.slots where state = 'running'",
  );
  const isKilled = going !== undefined && kill(Number(going.pid));
  await firstEnded;
  await sleep(2500);

  const second = start(workspace, ['schedule']);
  const ended = finished(second);
  await until(workspace, closed(5));
  second.kill('SIGTERM');
  const ran = await ended;
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stderr).toBe('Stopping: what is going on may finish first. (Again to roll it back.)\n');
  await expectEachSlotOnce(workspace);
  if (isKilled)
    expect(ran.stdout).toMatch(
      /, slot of .*: not done; again at .*: The process that ran it \(.*\) died\.$/m,
    );
});

test('two schedulers at once run each slot once', async () => {
  const workspace = await scheduled(FAST, 0.1);
  const both = [start(workspace, ['schedule']), start(workspace, ['schedule', '--json'])];
  const ended = both.map(finished);
  await until(workspace, closed(5));
  for (const each of both) each.kill('SIGTERM');
  const [first, second] = await Promise.all(ended);
  expect([first!.code, second!.code]).toEqual([0, 0]);
  await expectEachSlotOnce(workspace);
  // Between them they have told of each slot once.
  const told = second!.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { what: string; state?: string });
  const doneBySecond = told.filter(({ what, state }) => what === 'ended' && state === 'done').length;
  const doneByFirst = first!.stdout.match(/: done$/gm)?.length ?? 0;
  expect(await workspace.query("select count(*)::int as done from tally.slots where state = 'done'")).toEqual(
    [{ done: doneByFirst + doneBySecond }],
  );
});

test('it can be watched while it goes on; SIGTERM lets what is going on finish', async () => {
  const workspace = await scheduled("jobs:\n  once: { cron: '* * * * * *', do: { report: slow } }\n", 2);
  const child = start(workspace, ['start']);
  let noted = '';
  child.stderr!.on('data', (text: string) => (noted += text));
  const ended = finished(child);
  await until(workspace, "select from tally.slots where state = 'running'");
  while (!noted.includes('/metrics')) await sleep(50);
  const metrics = await fetch(/^Metrics: (\S+)$/m.exec(noted)![1]!);
  expect(await metrics.text()).toMatch(/^tally_database_up 1$/m);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/once, slot of .*: done$/m) });
  expect(await workspace.query('select state, attempts from tally.slots where attempts > 0')).toEqual([
    { state: 'done', attempts: 1 },
  ]);
});

test('or, when it takes longer than the setting, rolls it back, and the next start takes it up again', async () => {
  const workspace = await scheduled(
    "jobs:\n  long: { cron: '* * * * * *', do: run, retries: 0, missed: all }\n",
    600,
  );
  const child = start(workspace, ['start'], { TALLY_STOP_WAIT_SECONDS: '0' });
  const ended = finished(child);
  await until(
    workspace,
    "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
  );
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0 });
  const FIRST = 'select state, attempts, failures, code from tally.slots order by slot limit 1';
  expect(await workspace.query(FIRST)).toEqual([
    { state: 'waiting', attempts: 1, failures: 0, code: 'interrupted' },
  ]);
  expect(await workspace.query('select outcome from tally.runs')).toEqual([{ outcome: 'interrupted' }]);

  workspace.write('sql/reports/slow.sql', slowReport(0));
  const next = start(workspace, ['start']);
  const nextEnded = finished(next);
  await until(workspace, closed(1));
  next.kill('SIGINT');
  expect(await nextEnded).toMatchObject({ code: 0 });
  expect(await workspace.query(FIRST)).toEqual([{ state: 'done', attempts: 2, failures: 0, code: null }]);
});

test('the embedded database is up for as long as the scheduler is, and goes with it', async () => {
  const workspace = await createWorkspace({ database: false });
  workspace.write('schedule.yaml', "jobs:\n  often: { cron: '* * * * * *', do: report }\n");
  const child = start(workspace, ['start']);
  const ended = finished(child);
  let told = '';
  child.stdout!.on('data', (text: string) => (told += text));
  while (!told.includes(': done')) await sleep(50);
  const slots = documentOf<unknown[]>(
    await workspace.tally(['schedule', 'slots', '--state', 'done', '--json']),
  );
  expect(slots.length).toBeGreaterThan(0);
  expect(told).not.toContain('Trouble');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0 });
  expect(documentOf(await workspace.tally(['check', '--json']))).toContainEqual(
    expect.objectContaining({ name: 'database', actual: expect.stringContaining('embedded, stopped') }),
  );
});

test('the jobs and their next times, without a database', async () => {
  const workspace = await createWorkspace({ database: false });
  workspace.write(
    'schedule.yaml',
    "jobs:\n  night: { cron: '30 2 29 2 *', time_zone: Europe/Zurich, do: { feed: orders } }\n",
  );
  const list = await workspace.tally(['schedule', '--list']);
  expect(list.stdout).toMatch(
    /^night {2}feed orders {2}30 2 29 2 \* {2}Europe\/Zurich {2}(\d{4}-02-29 02:30(, |$)){3}$/m,
  );
  expect(await workspace.tally(['schedule', '--check'])).toMatchObject({
    code: 0,
    stdout: '1 job: schedule.yaml is fine.\n',
  });
  expect(workspace.list('.')).not.toContain('.tally');
});

test('a schedule that cannot be used starts nothing, and is told with its lines', async () => {
  const workspace = await createWorkspace({ database: false });
  workspace.write('schedule.yaml', 'jobs:\n  night:\n    cron: often\n    do: run\n');
  expect(await workspace.tally(['schedule', '--check'])).toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/^schedule\.yaml:3: jobs\.night\.cron: expected five fields/),
  });
  for (const args of [['start'], ['schedule', '--list']])
    expectError(await workspace.tally(args), 'schedule_invalid', 2, /schedule\.yaml:3: /);
  workspace.write('schedule.yaml', '');
  expectError(
    await workspace.tally(['schedule', 'run', 'night']),
    'unknown_job',
    2,
    'There is no job night.',
  );
  expect(workspace.list('.')).not.toContain('.tally');
});
