import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { documentOf, expectError } from '../cli/ran.js';
import { finished, createWorkspace, type Ran, type Workspace } from '../setup/workspace.js';
import { onServer, query } from '../setup/warehouse.js';

/** Roles are the server's, not a database's: these names are this process's own, and gone afterwards. */
const PREFIX = `tally_test_${process.pid}`;
const LOGINS = {
  owner: `${PREFIX}_olga`,
  loader: `${PREFIX}_lena`,
  analyst: `${PREFIX}_anna`,
  nobody: `${PREFIX}_nemo`,
};
type Login = keyof typeof LOGINS;

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const EVENTS = '1,login,e1,2021-03-01 00:03:21.74+00\n';

let workspace: Workspace;
let made: Ran;

beforeAll(async () => {
  workspace = await createWorkspace();
  // A night of before there were roles: its tables change hands.
  workspace.write('inbox/customer_rating_agency_a_20261101.csv', `${HEADER}1,2,3,regular\nx,2,3,regular\n`);
  workspace.write('inbox/usage_events_20261101.csv', EVENTS);
  await workspace.run();
  made = await workspace.tally(['db', 'roles', '--prefix', PREFIX]);
  for (const [what, login] of Object.entries(LOGINS)) {
    const group = what === 'nobody' ? '' : ` in role ${PREFIX}_${what}`;
    await onServer(`create role ${login} login password 'of-the-test'${group}`);
  }
});

afterAll(async () => {
  // The databases are gone by now, and with them all that the roles had in them.
  for (const login of Object.values(LOGINS)) await onServer(`drop role if exists ${login}`);
  for (const group of ['owner', 'loader', 'analyst'])
    await onServer(`drop role if exists ${PREFIX}_${group}`);
});

function urlOf(login: Login): string {
  const url = new URL(workspace.url);
  url.username = LOGINS[login];
  url.password = 'of-the-test';
  return url.href;
}

const tallyAs = (login: Login, args: string[]) =>
  workspace.tally(args, { env: { DATABASE_URL: urlOf(login) } });

async function refused(login: Login, sql: string): Promise<void> {
  expect({
    sql,
    refused: await query(urlOf(login), sql).then(
      () => 'no',
      (error: pg.DatabaseError) => error.code,
    ),
  }).toEqual({ sql, refused: '42501' });
}

describe('tally db roles', () => {
  test('tells each statement, and no password', () => {
    expect(made.code).toBe(0);
    expect(made.stdout).toContain(`create role ${PREFIX}_owner nologin;\n`);
    expect(made.stdout).toContain(`grant ${PREFIX}_loader to ${PREFIX}_owner;\n`);
    expect(made.stdout).toContain(`alter table customer_rating_agency_a owner to ${PREFIX}_loader;\n`);
    expect(made.stdout).toMatch(/\n\d+ changes made\.\n$/);
    expect(made.stderr).toMatch(/^Logins are yours to make: create role NAME login in role /);
    expect(made.stdout + made.stderr).not.toMatch(/password/);
  });

  test('has nothing to do the second time, and --dry-run does nothing', async () => {
    expect(documentOf(await workspace.tally(['db', 'roles', '--prefix', PREFIX, '--json']))).toEqual({
      owner: `${PREFIX}_owner`,
      loader: `${PREFIX}_loader`,
      analyst: `${PREFIX}_analyst`,
      dry_run: false,
      statements: [],
    });
    const other = ['db', 'roles', '--prefix', `${PREFIX}_other`, '--dry-run'];
    const planned = await workspace.tally(other);
    expect(planned.stdout).toMatch(
      new RegExp(`^create role ${PREFIX}_other_analyst nologin;\n[^]*\n\\d+ changes would be made\\.\n$`),
    );
    expect(
      await workspace.query('select from pg_roles where rolname = $1', [`${PREFIX}_other_owner`]),
    ).toEqual([]);
    expect((await workspace.tally(other)).stdout).toBe(planned.stdout);
  });

  test('takes back what is too much and gives what is missing, as tally check tells', async () => {
    await workspace.query(
      `grant delete on tally.loads to ${PREFIX}_loader; grant select (raw) on file_invalid_rows to ${PREFIX}_analyst; revoke select on customers from ${PREFIX}_analyst`,
    );
    const check = await workspace.tally(['check', '--quiet']);
    expect(check).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`3 statements are missing[^]*mend: +tally db roles --prefix ${PREFIX}\n`),
      ),
    });
    const again = documentOf<{ statements: string[] }>(
      await workspace.tally(['db', 'roles', '--prefix', PREFIX, '--json']),
    );
    expect(again.statements).toEqual([
      `grant select on customers to ${PREFIX}_analyst`,
      `revoke delete on tally.loads from ${PREFIX}_loader`,
      `revoke select (raw) on file_invalid_rows from ${PREFIX}_analyst`,
    ]);
    expect((await workspace.tally(['check', '--quiet'])).code).toBe(0);
  });

  test('a prefix that is no name is a usage error', async () => {
    expectError(await workspace.tally(['db', 'roles', '--prefix', 'Ta-lly']), 'usage', 2, /small letters/);
  });
});

describe('the loader', () => {
  test('runs whole nights: new agencies, many invalid rows, every mode, held loads, rollback, verification', async () => {
    const invalid = Array.from({ length: 30_000 }, (_, i) => `${i},x,3,regular\n`).join('');
    const valid = Array.from({ length: 40_000 }, (_, i) => `${i},2,3,regular\n`).join('');
    workspace.write('inbox/customer_rating_agency_a_20261102.csv', HEADER + valid + invalid);
    workspace.write('inbox/customer_rating_agency_b_20261102.csv', `${HEADER}1,2,3,high-value\n`);
    workspace.write('inbox/usage_events_20261102.csv', `${EVENTS}1,login,e2,2021-03-01 00:03:21.74+00\n`);
    const ran = documentOf<{ outcome: string; loads: { outcome: string; rows_invalid: number }[] }>(
      await tallyAs('loader', ['run', '--json']),
    );
    expect(ran).toMatchObject({ outcome: 'done' });
    expect(ran.loads).toHaveLength(3);
    // Of the second night there is a version to go back to, and one that a guard holds.
    workspace.write('inbox/customer_rating_agency_a_20261103.csv', `${HEADER}7,7,7,regular\n`);
    const held = documentOf<{ loads: { load_id: number }[] }>(await tallyAs('loader', ['run', '--json']));
    expect(held).toMatchObject({ outcome: 'held' });
    expect(await tallyAs('loader', ['load', '--accept-held', String(held.loads[0]!.load_id)])).toMatchObject({
      code: 0,
    });
    expect(
      await tallyAs('loader', ['rollback', '--feed', 'customer_rating', '--agency', 'agency_a']),
    ).toMatchObject({ code: 0 });
    for (const day of ['04', '05']) {
      workspace.write(
        `inbox/customer_rating_agency_a_202611${day}.csv`,
        HEADER + valid + `${day},2,3,regular\n`,
      );
      expect(await tallyAs('loader', ['run', '--json'])).toMatchObject({ code: 0 });
    }
    expect(await tallyAs('loader', ['verify'])).toMatchObject({ code: 0 });
    expect((await tallyAs('loader', ['check', '--quiet'])).stderr).toBe('');
    // Everything that came into being belongs to the group, so that any loader goes on with it.
    expect(
      await workspace.query(
        `select relname from pg_class where pg_get_userbyid(relowner) = '${LOGINS.loader}'`,
      ),
    ).toEqual([]);
    expect(documentOf(await workspace.tally(['db', 'roles', '--prefix', PREFIX, '--json']))).toMatchObject({
      statements: [],
    });
  });

  test('clears away what a loader left that died, and is stopped by Ctrl+C in the middle of a statement', async () => {
    const blocker = new pg.Client(workspace.url);
    await blocker.connect();
    await blocker.query('begin; lock table tally.versions in share mode');
    workspace.write('inbox/customer_rating_agency_b_20261106.csv', `${HEADER}1,2,3,regular\n2,2,3,regular\n`);
    const start = () => workspace.start(['run', '--json'], { env: { DATABASE_URL: urlOf('loader') } });
    const killed = start();
    const died = finished(killed);
    await untilBlocked();
    killed.kill('SIGKILL');
    await died;
    // The first one's connection waits in the server, and holds its locks, until its statement is over.
    await blocker.query('commit; begin; lock table tally.versions in share mode').catch(() => {});
    const stopped = start();
    const ran = finished(stopped);
    await untilBlocked();
    stopped.kill('SIGINT');
    expect(JSON.parse((await ran).stdout)).toMatchObject({ outcome: 'interrupted' });
    await blocker.end();
    expect(await tallyAs('loader', ['run', '--json'])).toMatchObject({ code: 0 });
    expect(await workspace.query('select from tally.runs where outcome is null')).toEqual([]);
  });

  async function untilBlocked(): Promise<void> {
    for (let asked = 0; asked < 1500; asked++) {
      const waiting = await workspace.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      if (waiting.length > 0) return;
      await sleep(20);
    }
    throw new Error('no load came to the lock');
  }

  test('may not touch the history of the ledger, the migrations or the views', async () => {
    for (const sql of [
      'delete from tally.loads',
      'delete from tally.runs',
      'truncate tally.loads cascade',
      "update tally.loads set file_name = 'other.csv'",
      'update tally.loads set load_id = default',
      "update tally.deliveries set sha256 = repeat('0', 64)",
      'update tally.runs set started_at = now()',
      "update tally.reports set sha256 = ''",
      'delete from tally.verifications',
      "insert into tally.migrations (name) values ('x')",
      "update tally.views set sha256 = ''",
      'alter table tally.loads add column mine integer',
      'alter table tally.loads drop constraint every_row_has_a_fate',
      'drop table tally.deliveries',
      'drop view rating_aggregate',
      'create or replace view load_history as select 1',
      'drop schema tally cascade',
      'create schema mine',
      'create role other',
    ])
      await refused('loader', sql);
  });

  test('a changed view or feed waits for the owner, and says so', async () => {
    workspace.write(
      'sql/views/mine.sql',
      '-- One row for each agency: its name.\nselect agency, name from tally.agencies\n',
    );
    expectError(await tallyAs('loader', ['run']), 'database_refused', 1, /owner's work/);
    expect(await tallyAs('owner', ['db', 'migrate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('mine'),
    });
    expect(await tallyAs('loader', ['run'])).toMatchObject({ code: 0 });
    // And analysts read it at once.
    expect(await query(urlOf('analyst'), "select agency from mine where agency = 'agency_a'")).toEqual([
      { agency: 'agency_a' },
    ]);
  });
});

describe('the owner', () => {
  test("migrates: what a migration makes is the owner's, and the loader goes on", async () => {
    await workspace.query(
      'drop table tally.alarm_sends, tally.alarms; alter table tally.runs drop column watched, drop column errors; alter table tally.loads drop column watched; alter table tally.slots drop column watched',
    );
    // And with it what is built on it.
    await workspace.query(
      "delete from tally.migrations where name in ('0008_alarms.sql', '0036_alarms_of_jobs.sql')",
    );
    expectError(await tallyAs('loader', ['run']), 'database_refused', 1, /owner's work/);
    expect(await tallyAs('owner', ['db', 'migrate'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0008_alarms.sql'),
    });
    expect((await workspace.tally(['check', '--quiet'])).stderr).toBe('');
    expect(await tallyAs('loader', ['run'])).toMatchObject({ code: 0 });
    await query(urlOf('loader'), 'select from tally.alarms');
  });

  test("loads too, and what it loads is the loaders'", async () => {
    workspace.write('inbox/customer_rating_agency_b_20261107.csv', `${HEADER}1,2,3,regular\n2,2,3,regular\n`);
    expect(await tallyAs('owner', ['run'])).toMatchObject({ code: 0 });
    workspace.write('inbox/customer_rating_agency_b_20261108.csv', `${HEADER}1,2,3,regular\n3,2,3,regular\n`);
    expect(await tallyAs('loader', ['run'])).toMatchObject({ code: 0 });
  });

  test('cleans all of the ledger; a loader leaves what was verified', async () => {
    const env = { TALLY_KEEP_INVALID_DAYS: '1', TALLY_KEEP_DETAILS_DAYS: '1', TALLY_KEEP_ARCHIVE_DAYS: '1' };
    const long = "now() - interval '1 year'";
    await workspace.query(
      `update tally.loads set finished_at = ${long}, accepted_at = null, rolled_back_at = null;
       update tally.versions set state = 'retired' where state = 'previous';
       insert into tally.slots (job, slot, not_before, state, finished_at, watched)
         select 'night', at, at, 'done', at, true from generate_series(${long}, ${long} + interval '2 days', '1 day') as at;
       insert into tally.verifications (load_id, verified_at, seconds, version, row_for_row, outcome, differences)
         select 1, ${long}, 0, '0', false, 'verified', 0 from generate_series(1, 3)`,
    );
    const cleanAs = (login: Login) =>
      workspace.tally(['clean', '--json'], { env: { DATABASE_URL: urlOf(login), ...env } });
    const loaders = await cleanAs('loader');
    expect(loaders.code).toBe(1);
    const cleaned = documentOf<{ cleaned: { what: string; count: number }[] }>(loaders);
    expect(cleaned).toMatchObject({
      errors: [
        { code: 'database_refused', hint: expect.stringContaining("`tally clean` are the owner's work") },
      ],
    });
    const gone = cleaned.cleaned.filter(({ count }) => count > 0).map(({ what }) => what);
    expect(gone).toEqual(['archive', 'invalid_rows', 'slots']);
    const owners = await cleanAs('owner');
    expect(owners.code).toBe(0);
    expect(documentOf(owners)).toMatchObject({
      cleaned: expect.arrayContaining([
        expect.objectContaining({ what: 'verifications', count: expect.any(Number) }),
      ]),
    });
    expect(
      await workspace.query(
        "select load_id from tally.verifications where outcome = 'verified' group by 1 having count(*) > 1",
      ),
    ).toEqual([]);
    expect(await tallyAs('loader', ['verify'])).toMatchObject({ code: 0 });
    expect((await tallyAs('loader', ['check', '--quiet'])).stderr).toBe('');
  });

  test('is no administrator', async () => {
    for (const sql of [
      'create role other',
      'create database other',
      'select from pg_authid',
      `alter role ${PREFIX}_owner superuser`,
    ])
      await refused('owner', sql);
  });
});

describe('the analyst', () => {
  test("reads the tables, tomorrow's agencies, the views and what a number comes from", async () => {
    expect(await tallyAs('loader', ['agencies', 'add', 'Agency N'])).toMatchObject({ code: 0 });
    workspace.write('inbox/customer_rating_agency_n_20261109.csv', `${HEADER}1,2,3,regular\nx,2,3,regular\n`);
    expect(await tallyAs('loader', ['run'])).toMatchObject({ code: 0 });
    for (const [sql, count] of [
      ['select count(*)::int as count from customer_rating_agency_n', 1],
      ["select count(*)::int as count from customer_rating where agency = 'agency_n'", 1],
      ["select count(*)::int as count from rating_aggregate where agency = 'agency_n'", 1],
      [
        "select count(*)::int as count from rating_history join tally.loads using (load_id) where rating_history.agency = 'agency_n'",
        1,
      ],
      ["select count(*)::int as count from load_history where agency = 'agency_n'", 1],
      [
        "select count(line_number)::int as count from file_invalid_rows where agency = 'agency_n' and status = 'open'",
        1,
      ],
    ] as const)
      expect({ sql, rows: await query(urlOf('analyst'), sql) }).toEqual({ sql, rows: [{ count }] });
  });

  test('may neither change anything nor read rows that nobody has checked', async () => {
    const [version] = await workspace.query(
      "select load_id from tally.versions where state = 'live' limit 1",
    );
    for (const sql of [
      'insert into customer_rating (agency) values (null)',
      'update customer_rating set customer_rating = 0',
      'delete from customer_rating_agency_a',
      'truncate customer_rating',
      'drop table customer_rating',
      'create table mine (a integer)',
      'create view other as select 1',
      'select raw from file_invalid_rows',
      'select * from file_invalid_rows',
      'select from invalid_summary',
      'select from open_reason',
      `select from tally_version.load_${version!.load_id}`,
      'select from tally.migrations',
      'select found from tally.verifications',
      'insert into tally.agencies (agency, name) values (null, null)',
      'update tally.loads set live = false',
      'drop view load_history',
    ])
      await refused('analyst', sql);
    expectError(await tallyAs('analyst', ['run']), 'database_refused', 1, /tally check/);
    expect(await tallyAs('analyst', ['check', '--quiet'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('may neither migrate nor load'),
    });
  });
});

test('a login of no group sees nothing', async () => {
  for (const sql of ['select from customer_rating', 'select from load_history', 'select from tally.loads'])
    await refused('nobody', sql);
});

test("whatever a statement of the code writes, the loader may write; and only the owner what is the owner's", async () => {
  const folder = fileURLToPath(new URL('../../sql/statements', import.meta.url));
  const owned = /^(clean|warehouse|check|roles)\//;
  const writes = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.sql') && !owned.test(file))
    .flatMap((file) =>
      [
        ...readFileSync(join(folder, file), 'utf8').matchAll(
          /\b(insert into|update|delete from) (tally\.\w+)/g,
        ),
      ].map(([, verb, table]) => ({ file, verb: verb!.split(' ')[0]!, table: table! })),
    );
  expect(writes.length).toBeGreaterThan(10);
  const denied = [];
  for (const { file, verb, table } of writes) {
    const ask = verb === 'update' ? 'has_any_column_privilege' : 'has_table_privilege';
    const [row] = await workspace.query<{ may: boolean }>(`select ${ask}($1, $2, $3) as may`, [
      `${PREFIX}_loader`,
      table,
      verb,
    ]);
    if (!row!.may) denied.push(`${file}: ${verb} ${table}`);
  }
  expect(denied).toEqual([]);
});
