import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

/** A load that takes a while, over rows that are live. */
async function night(): Promise<Workspace> {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20261101.csv', ratings(1000, 1));
  await workspace.run();
  workspace.write('inbox/customer_rating_agency_a_20261102.csv', ratings(600_000, 2, 50));
  return workspace;
}

function ratings(rows: number, rating: number, everyInvalid = 0): string {
  const lines = ['customer_number,customer_rating,customer_rating_limit,customer_status'];
  for (let number = 1; number <= rows; number++) {
    lines.push(`${everyInvalid && number % everyInvalid === 0 ? 'x' : number},${rating},100,regular`);
  }
  return `${lines.join('\n')}\n`;
}

/** Until the server is at work on the new version. */
async function untilCopying(workspace: Workspace): Promise<number> {
  for (let i = 0; i < 400; i++) {
    const [copy] = await workspace.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database() and query like \'copy "tally_version"%\'',
    );
    if (copy) return copy.pid;
    await sleep(10);
  }
  throw new Error('no load began');
}

async function expectOldRows(workspace: Workspace): Promise<void> {
  expect(
    await workspace.query('select count(*)::int as n, max(customer_rating) as rating from customer_rating'),
  ).toEqual([{ n: 1000, rating: 1 }]);
  expect(await workspace.query('select count(*)::int as n from file_invalid_rows')).toEqual([{ n: 0 }]);
  expect(
    await workspace.query("select count(*)::int as n from pg_tables where schemaname = 'tally_version'"),
  ).toEqual([{ n: 1 }]);
}

async function expectNextRunToMend(workspace: Workspace): Promise<void> {
  const next = await workspace.tally(['run', '--json']);
  expect(next.code).toBe(0);
  expect(
    await workspace.query('select count(*)::int as n, max(customer_rating) as rating from customer_rating'),
  ).toEqual([{ n: 588_000, rating: 2 }]);
  expect(await workspace.query('select count(*)::int as n from file_invalid_rows')).toEqual([{ n: 12_000 }]);
}

describe('in the middle of a load', () => {
  test('a process that is killed leaves the rows before, and the next start marks its load as crashed', async () => {
    const workspace = await night();
    const child = workspace.start(['run']);
    await untilCopying(workspace);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expectOldRows(workspace);
    await expectNextRunToMend(workspace);
    expect(await workspace.query('select outcome, code from tally.loads order by load_id')).toMatchObject([
      { outcome: 'loaded' },
      { outcome: 'failed', code: 'load_crashed' },
      { outcome: 'loaded' },
    ]);
    expect(await workspace.query('select outcome from tally.runs order by run_id')).toMatchObject([
      { outcome: 'done' },
      { outcome: 'crashed' },
      { outcome: 'done' },
    ]);
  });

  test('a connection that the server ends gives one clear error, and nothing half-done', async () => {
    const workspace = await night();
    const child = workspace.start(['run']);
    let stderr = '';
    let stdout = '';
    child.stderr!.on('data', (text) => (stderr += text));
    child.stdout!.on('data', (text) => (stdout += text));
    const pid = await untilCopying(workspace);
    await workspace.query('select pg_terminate_backend($1)', [pid]);
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('connection');
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
    await expectOldRows(workspace);
    await expectNextRunToMend(workspace);
  });

  test('Ctrl+C rolls back what is not loaded, and says so', async () => {
    const workspace = await night();
    const child = workspace.start(['run']);
    let output = '';
    child.stderr!.on('data', (text) => (output += text));
    child.stdout!.on('data', (text) => (output += text));
    await untilCopying(workspace);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(output).toContain('Stopping');
    expect(output).toMatch(/interrupted|Interrupted/);
    await expectOldRows(workspace);
    await expectNextRunToMend(workspace);
  });
});
