import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { documentOf, expectNoStack } from './ran.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const rows = (count: number) =>
  HEADER + Array.from({ length: count }, (_, i) => `${i},1,100,regular\n`).join('');

async function until(workspace: Workspace, sql: string): Promise<void> {
  for (let tries = 0; (await workspace.query(sql)).length === 0; tries++) {
    expect(tries).toBeLessThan(1000);
    await sleep(10);
  }
}

const LOADING = 'select from tally.loads where outcome is null';

test('Ctrl+C while a large file is read: nothing of it is there, it is said what was not done, and the next run finishes', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240304.csv', rows(7));
  await workspace.run();
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(1_500_000));
  workspace.write('inbox/customer_rating_agency_b_20240306.csv', rows(2));
  const child = workspace.start(['run']);
  const ended = finished(child);
  await until(workspace, LOADING);
  child.kill('SIGINT');
  const ran = await ended;
  expectNoStack(ran);
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(
    /^Stopping: what is loaded stays, what is not is rolled back\. \(Again to stop at once\.\)$/m,
  );
  expect(ran.stdout).toMatch(
    /^customer_rating_agency_a_20240305\.csv \(failed, load 2\): Interrupted\. Nothing of this file was loaded; the rows before stay\.$/m,
  );
  expect(ran.stdout).toMatch(
    /^Not tried: customer_rating_agency_b_20240306\.csv\n {2}The next run goes on with them: tally run$/m,
  );
  expect(await workspace.query('select count(*)::int as count from customer_rating')).toEqual([{ count: 7 }]);
  expect(
    await workspace.query(
      "select from pg_tables where schemaname = 'tally_version' and tablename = 'load_2'",
    ),
  ).toEqual([]);
  expect(await workspace.query('select outcome from tally.runs order by run_id')).toEqual([
    { outcome: 'done' },
    { outcome: 'interrupted' },
  ]);
  expect(workspace.list('inbox')).toHaveLength(2);
  expect(workspace.list('.tally')).toEqual(['tally.log']);

  const second = documentOf<{ loads: unknown[] }>(await workspace.tally(['run', '--json']));
  expect(second.loads).toMatchObject([
    { outcome: 'loaded', rows_loaded: 1_500_000 },
    { outcome: 'loaded', rows_loaded: 2 },
  ]);
});

test('Ctrl+C while a reader holds the new rows up: the rows before stay, and the reader is left alone', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240304.csv', rows(7));
  await workspace.run();
  const reader = new pg.Client(workspace.url);
  await reader.connect();
  await reader.query('begin');
  await reader.query('select from customer_rating_agency_a');

  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(8));
  const child = workspace.start(['run', '--json']);
  const ended = finished(child);
  await until(workspace, `${LOADING} and started_at < now() - interval '1 second'`);
  child.kill('SIGTERM');
  const ran = await ended;
  expect(ran.code).toBe(1);
  expect(documentOf(ran)).toMatchObject({
    outcome: 'interrupted',
    loads: [{ outcome: 'failed', code: 'interrupted' }],
    reports: [],
  });
  expect((await reader.query('select count(*)::int as count from customer_rating_agency_a')).rows).toEqual([
    { count: 7 },
  ]);
  await reader.query('commit');
  await reader.end();
});

test('a process that is killed leaves the rows before, and the next run says that it died and loads its file', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(1_000_000));
  const child = workspace.start(['run']);
  const ended = finished(child);
  await until(workspace, LOADING);
  child.kill('SIGKILL');
  await ended;
  const second = documentOf(await workspace.tally(['run', '--json']));
  expect(second).toMatchObject({ outcome: 'done', loads: [{ outcome: 'loaded', rows_loaded: 1_000_000 }] });
  expect(
    await workspace.query('select load_id::int, outcome, code from tally.loads order by load_id'),
  ).toEqual([
    { load_id: 1, outcome: 'failed', code: 'load_crashed' },
    { load_id: 2, outcome: 'loaded', code: null },
  ]);
  expect(await workspace.query('select outcome from tally.runs order by run_id')).toEqual([
    { outcome: 'crashed' },
    { outcome: 'done' },
  ]);
});
