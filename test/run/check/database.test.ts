import { expect, test } from '@jest/globals';
import { hostname } from 'node:os';
import pg from 'pg';
import { checkAll, type Finding } from '../../../src/run/check/check.js';
import { checkLocks } from '../../../src/run/check/locks.js';
import { query } from '../../setup/warehouse.js';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

/** Each fault is really made, found by `tally check`, and gone after what it says was done. */

const CSV = 'customer_number,customer_rating,customer_rating_limit,customer_status\n1,2,3,regular\n';

async function troubles(workspace: Workspace): Promise<Finding[]> {
  const findings = await checkAll(undefined, workspace.folder, { DATABASE_URL: workspace.url });
  return findings.filter(({ state }) => state !== 'ok');
}

/** What stands between the quotes of `psql "$(tally db url)" -c '...'`, as the shell would give it. */
function statementsOf(mend: string): string[] {
  return [...mend.matchAll(/-c '((?:[^']|'\\'')*)'/g)].map((match) => match[1]!.replaceAll("'\\''", "'"));
}

async function mendBySql(workspace: Workspace, findings: Finding[]): Promise<void> {
  for (const { mend } of findings) {
    const statements = statementsOf(mend!);
    expect(statements.length).toBeGreaterThan(0);
    for (const sql of statements) await workspace.query(sql);
  }
}

test('schema drift: each object that differs, with the statement that puts it back', async () => {
  const workspace = await createWorkspace();
  await workspace.query('alter table tally.loads drop constraint every_row_has_a_fate');
  await workspace.query('drop index tally.loads_going_on');
  await workspace.query('alter table public.file_invalid_rows drop column encoding cascade');
  await workspace.query('alter table tally.runs add constraint in_haste check (run_id > 0)');
  const found = await troubles(workspace);
  expect(found.map(({ name, expected, actual }) => [name, expected, actual])).toEqual(
    expect.arrayContaining([
      [
        'schema',
        expect.stringMatching(/^constraint every_row_has_a_fate of tally\.loads: CHECK /),
        'there is no constraint every_row_has_a_fate of tally.loads',
      ],
      [
        'schema',
        expect.stringMatching(/^index loads_going_on of tally\.loads: CREATE INDEX /),
        'there is no index loads_going_on of tally.loads',
      ],
      [
        'schema',
        "column public.file_invalid_rows.encoding: text not null default 'utf-8'::text",
        'there is no column public.file_invalid_rows.encoding',
      ],
      ['schema', 'no constraint in_haste of tally.runs', 'CHECK ((run_id > 0))'],
    ]),
  );
  expect(found).toHaveLength(4);
  await mendBySql(workspace, found);
  expect(await troubles(workspace)).toEqual([]);
});

test('schema drift that no statement mends for sure is left to a person; what others add beside the ledger is theirs', async () => {
  const workspace = await createWorkspace();
  await workspace.query(
    "create or replace function tally.is_high_value(customer_status text) returns boolean language sql immutable return customer_status = 'x'",
  );
  await workspace.query('alter table tally.feeds alter column title type varchar(100)');
  await workspace.query(
    'create table public.mine (a integer); create index on tally.runs (host); drop table tally.verifications',
  );
  const found = await troubles(workspace);
  expect(found.map(({ expected, actual, mend }) => [expected, actual, mend])).toEqual([
    [
      expect.stringContaining('tally.feeds.title: text not null'),
      'character varying(100) not null',
      expect.stringMatching(/^put it back/),
    ],
    [expect.stringContaining('is_high_value'), 'another text', expect.stringMatching(/^put it back/)],
    [
      expect.stringContaining('table tally.verifications'),
      expect.stringMatching(/^there is no table/),
      expect.stringMatching(/^make it/),
    ],
  ]);
});

test('migrations that are not done yet', async () => {
  const workspace = await createWorkspace();
  const [last] = await workspace.query(
    'delete from tally.migrations where id = (select max(id) from tally.migrations) returning name',
  );
  expect(await troubles(workspace)).toEqual([
    expect.objectContaining({
      name: 'migrations',
      actual: `not done yet: ${last!.name}`,
      mend: 'tally db migrate',
      exit: 1,
    }),
  ]);
});

test('a run that died leaves itself and its loads open; `tally run` closes them', async () => {
  const workspace = await createWorkspace();
  await openRun(workspace, { outcome: null });
  // Closed, but a load of it is not: the ledger was out of reach when that failed.
  await openRun(workspace, { outcome: 'failed' });
  const found = await troubles(workspace);
  expect(found).toEqual([
    expect.objectContaining({
      name: 'loads',
      mend: 'tally run',
      actual: expect.stringMatching(
        /^run 1 \(run, process 4194303 .* ended without a word; open: load 1 \(customer_rating, a\.csv\)$/,
      ),
    }),
    expect.objectContaining({ name: 'loads', actual: expect.stringMatching(/^run 2 .*open: load 2 /) }),
  ]);
  await workspace.run();
  expect(await troubles(workspace)).toEqual([]);
  expect(
    await workspace.query(
      'select run_id, outcome, (select code from tally.loads where loads.run_id = runs.run_id) as code from tally.runs where run_id < 3 order by 1',
    ),
  ).toEqual([
    { run_id: '1', outcome: 'crashed', code: 'load_crashed' },
    { run_id: '2', outcome: 'failed', code: 'load_crashed' },
  ]);
});

test('the lock of a run whose process is gone from this machine', async () => {
  const workspace = await createWorkspace();
  await openRun(workspace, { outcome: null });
  const holder = new pg.Client(workspace.url);
  holder.on('error', () => {});
  await holder.connect();
  await holder.query("select pg_advisory_lock(hashtextextended('tally run 1', 0))");
  const found = await troubles(workspace);
  expect(found).toEqual([
    expect.objectContaining({
      name: 'locks',
      actual: expect.stringMatching(
        /^the process of run 1 \(4194303 on .*\) is gone, and connection \d+ holds its lock still$/,
      ),
    }),
  ]);
  await mendBySql(workspace, found);
  expect(await troubles(workspace)).toEqual([expect.objectContaining({ name: 'loads', mend: 'tally run' })]);
});

test('a run that is going on is no trouble', async () => {
  const workspace = await createWorkspace();
  await openRun(workspace, { outcome: null, process: process.pid });
  const holder = new pg.Client(workspace.url);
  await holder.connect();
  await holder.query("select pg_advisory_lock(hashtextextended('tally run 1', 0))");
  const findings = await checkAll(undefined, workspace.folder, { DATABASE_URL: workspace.url });
  await holder.end();
  expect(findings.find(({ name }) => name === 'loads')).toMatchObject({
    state: 'ok',
    actual: 'all are closed but those of a run that is going on',
  });
});

test('someone who sits idle in a transaction on a table, and a prepared transaction that nobody ends', async () => {
  const workspace = await createWorkspace();
  const [idle, asking] = [new pg.Client(workspace.url), new pg.Client(workspace.url)];
  idle.on('error', () => {});
  await Promise.all([idle.connect(), asking.connect()]);
  expect(await checkLocks(asking as never, 0)).toMatchObject([{ state: 'ok' }]);
  await idle.query('begin; select from customer_rating');
  expect(await checkLocks(asking as never, 3600)).toMatchObject([{ state: 'ok' }]);
  const found = await checkLocks(asking as never, 0);
  expect(found).toMatchObject([
    {
      name: 'locks',
      state: 'trouble',
      actual: expect.stringMatching(/^pid \d+ \(\w+\) has been idle in a transaction for 0 s$/),
    },
  ]);
  await mendBySql(workspace, found);
  await expect(idle.query('select 1')).rejects.toThrow();
  await asking.end();
});

test('versions that are not where the ledger says, each with what puts it right', async () => {
  const workspace = await createWorkspace();
  for (const day of [18, 19, 20]) {
    workspace.write(`inbox/customer_rating_agency_a_202611${day}.csv`, CSV + `${day},1,1,regular\n`);
    await workspace.run();
  }
  expect(await troubles(workspace)).toEqual([]);
  const [previous, live] = (await workspace.query('select load_id from tally.versions order by load_id')).map(
    ({ load_id }) => load_id,
  );
  await workspace.query(`alter table customer_rating_agency_a detach partition tally_version.load_${live}`);
  await workspace.query('create table tally_version.load_999 (a integer)');
  const found = await troubles(workspace);
  expect(found.map(({ name, actual }) => [name, actual])).toEqual([
    ['versions', `load_${live} is live by the ledger, and not a part of customer_rating_agency_a`],
    ['versions', 'there is a table load_999 that the ledger does not know'],
  ]);
  await mendBySql(workspace, found);
  expect(await troubles(workspace)).toEqual([]);

  await workspace.query(`drop table tally_version.load_${previous}`);
  expect(await troubles(workspace)).toMatchObject([
    { name: 'versions', actual: `the ledger names the version load_${previous}, and there is no such table` },
  ]);
});

test('reports that are due although nobody is at it', async () => {
  const workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20261118.csv', CSV);
  await workspace.run();
  await workspace.query('update tally.loads set report_due = true');
  expect(await troubles(workspace)).toMatchObject([
    { name: 'reports', actual: 'not written since they were loaded: 2026-11-18', mend: 'tally run' },
  ]);
  await workspace.run();
  expect(await troubles(workspace)).toEqual([]);
});

test('clocks that are apart, and a ledger that has seen the future', async () => {
  const workspace = await createWorkspace();
  const at = async (seconds: number) => {
    const clock = { now: () => new Date(Date.now() + seconds * 1000) };
    const findings = await checkAll(undefined, workspace.folder, { DATABASE_URL: workspace.url }, { clock });
    return findings.find(({ name }) => name === 'clock')!;
  };
  expect(await at(0)).toMatchObject({ state: 'ok' });
  expect(await at(3600)).toMatchObject({
    state: 'trouble',
    actual: expect.stringMatching(/^the server is 3(599|600) s behind this machine$/),
  });
  expect(await at(-3600)).toMatchObject({
    state: 'trouble',
    actual: expect.stringMatching(/^the server is 36\d\d s ahead of this machine$/),
  });
  await query(
    workspace.url,
    "insert into tally.runs (command, host, process_id, version, started_at, outcome) values ('run', 'h', 1, '1', now() + interval '1 day', 'done')",
  );
  expect(await at(0)).toMatchObject({
    state: 'trouble',
    actual: expect.stringMatching(/^the ledger has a run of .*, which is yet to come$/),
  });
});

/** As a process leaves it that was killed: its number is none that Linux gives. */
async function openRun(
  workspace: Workspace,
  { outcome, process = 4194303 }: { outcome: string | null; process?: number },
): Promise<void> {
  const [run] = await workspace.query(
    "insert into tally.runs (command, host, process_id, version, started_at, outcome) values ('run', $1, $2, '0.1.0', now() - interval '1 hour', $3) returning run_id",
    [hostname(), process, outcome],
  );
  await workspace.query(
    "insert into tally.loads (run_id, feed, agency, file_name) values ($1, 'customer_rating', 'agency_a', 'a.csv')",
    [run!.run_id],
  );
}
