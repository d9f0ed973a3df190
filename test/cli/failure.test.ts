import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { urlOf } from '../setup/warehouse.js';
import { documentOf, expectError } from './ran.js';

/** What stops a command before it has done anything. */

const DELIVERY = 'inbox/customer_rating_agency_a_20240305.csv';
let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write(
    DELIVERY,
    'customer_number,customer_rating,customer_rating_limit,customer_status\n1,2,3,new\n',
  );
});

/** The delivery waits, untouched, and the ledger knows of nothing. */
async function expectNothingDone(): Promise<void> {
  expect(workspace.list('inbox')).toEqual(['customer_rating_agency_a_20240305.csv']);
  expect(workspace.list('output')).toEqual([]);
  expect(await workspace.query('select * from tally.loads')).toEqual([]);
}

describe('a database that cannot be used', () => {
  const cases: [string, () => string, string, number, RegExp][] = [
    [
      'is not there',
      () => 'postgresql://u:secret@127.0.0.1:1/d',
      'database_unreachable',
      1,
      /No PostgreSQL answers .*u:\*\*\*@127\.0\.0\.1:1\/d/,
    ],
    [
      'has no such host',
      () => 'postgresql://u:secret@nosuch.invalid/d',
      'database_unreachable',
      1,
      /No PostgreSQL answers/,
    ],
    [
      'does not know the user',
      () => urlOf('postgres').replace(/\/\/[^@]*@/, '//tally_nobody:secret@'),
      'database_refused',
      1,
      /PostgreSQL refused the user or the password/,
    ],
    [
      'is another program',
      () =>
        `postgresql://u:secret@127.0.0.1:${new URL(process.env.TEST_SERVER_URL!).port}`.replace(
          'postgresql:',
          'mysql:',
        ),
      'config_invalid',
      2,
      /DATABASE_URL: expected postgresql:\/\//,
    ],
  ];

  test.each(cases)('because it %s', async (_, url, code, exit, says) => {
    const ran = await workspace.tally(['run'], { env: { DATABASE_URL: url() } });
    expectError(ran, code, exit, says);
    expect(ran.stderr).not.toContain('secret');
    expect(ran.stdout).toBe('');
    await expectNothingDone();
    const asked = documentOf<{ error: { code: string } }>(
      await workspace.tally(['loads', '--json'], { env: { DATABASE_URL: url() } }),
    );
    expect(asked.error.code).toBe(code);
  });
});

describe('a workspace that cannot be used', () => {
  const cases: [string, Record<string, string>, string, RegExp][] = [
    [
      'YAML that is none in a feed',
      { 'feeds/mine.yaml': 'title: "T\n  files: [' },
      'feed_invalid',
      /feeds\/mine\.yaml:\d+: not YAML: /,
    ],
    [
      'a feed with several faults',
      {
        'feeds/mine.yaml': 'title: T\nfiles: ["{agency"]\nmode: append\ncolumns: [{ name: A, type: int }]\n',
      },
      'feed_invalid',
      /feeds\/mine\.yaml:2: .*\n.*feeds\/mine\.yaml:4: .*\n.*feeds\/mine\.yaml:4: /,
    ],
    [
      'YAML that is none in agencies.yaml',
      { 'agencies.yaml': 'agencies: [' },
      'agencies_invalid',
      /agencies\.yaml:\d+: not YAML: /,
    ],
    [
      'an agency that is wrong',
      { 'agencies.yaml': 'agencies:\n  "Agency A": { name: A }\n' },
      'agencies_invalid',
      /agencies\.yaml:2: .*expected a lower-case name/,
    ],
    [
      'a feed that is a folder',
      { 'feeds/mine.yaml/x': '' },
      'feed_invalid',
      /feeds\/mine\.yaml:1: cannot be read: EISDIR/,
    ],
    [
      'a setting that is wrong',
      { '.env': 'TALLY_KEEP_VERSIONS=many\n' },
      'config_invalid',
      /TALLY_KEEP_VERSIONS: expected a number of versions, got `many`/,
    ],
    [
      'a setting without its =',
      { '.env': '# mine\nTALLY_TIME_ZONE Europe/Zurich\n' },
      'config_invalid',
      /TALLY_TIME_ZONE: expected TALLY_TIME_ZONE=value on line 2 of \.env/,
    ],
    [
      'a setting that there is not',
      { '.env': 'TALLY_TIMEZONE=UTC\n' },
      'config_invalid',
      /TALLY_TIMEZONE: is not a setting; did you mean TALLY_TIME_ZONE\?/,
    ],
    [
      'an audit without its first line',
      { 'sql/audits/mine.sql': 'select 1' },
      'sql_invalid',
      /mine\.sql:1: expected `-- audit of FEED/,
    ],
    [
      'a view that PostgreSQL does not take',
      { 'sql/views/mine.sql': '-- One row for each nothing.\nselect nosuch from tally.loads' },
      'sql_invalid',
      /mine\.sql:\d: column "nosuch" does not exist/,
    ],
  ];

  test.each(cases)('because of %s', async (_, files, code, says) => {
    const before = Object.keys(files).map((path) => [path, read(path)] as const);
    for (const [path, text] of Object.entries(files)) workspace.write(path, text);
    const ran = await workspace.tally(['run']);
    for (const [path, text] of before) {
      if (text === undefined) rmSync(join(workspace.folder, path.replace(/\/x$/, '')), { recursive: true });
      else workspace.write(path, text);
    }
    expectError(ran, code, code === 'sql_invalid' ? 1 : 2, says);
    await expectNothingDone();
  });

  test('because its .env is a folder', async () => {
    mkdirSync(join(workspace.folder, '.env'));
    const ran = await workspace.tally(['run']);
    rmSync(join(workspace.folder, '.env'), { recursive: true });
    expectError(ran, 'config_invalid', 2, /\.env cannot be read: EISDIR/);
  });

  test('because there is none', async () => {
    const outside = await workspace.tally(['run'], { cwd: '/' });
    expectError(
      outside,
      'no_workspace',
      2,
      /Neither \/ nor a folder above it holds feeds\/\.\nGo to your workspace, name it with --workspace DIR/,
    );
    const named = await workspace.tally(['run', '--workspace', 'output']);
    expectError(
      named,
      'no_workspace',
      2,
      /output is not a workspace: it has no folder feeds\/\.\nMake one with `tally init output`/,
    );
  });
});

test('a mistake of ours is one error, whose stack stands in the log', async () => {
  const broken = await createWorkspace();
  await broken.query('drop table tally.reports cascade');
  await broken.query('alter table tally.runs drop column host');
  const ran = await broken.tally(['run']);
  expectError(ran, 'database_error', 1, /column "host" of relation "runs" does not exist/);
  const hook = broken.write(
    'break.mjs',
    "JSON.stringify = new Proxy(JSON.stringify, { apply(f, self, args) { if (args[0]?.agencies) throw new TypeError('broken on purpose'); return Reflect.apply(f, self, args); } });",
  );
  const mistaken = await workspace.tally(['status', '--json'], {
    env: { NODE_OPTIONS: `--import=file://${hook}` },
  });
  expect(mistaken.code).toBe(1);
  const { error } = documentOf<{ error: Record<string, string> }>(mistaken);
  expect(error).toMatchObject({
    code: 'unexpected',
    message: 'Something went wrong that should not have: broken on purpose.',
  });
  expect(error.hint).toBe(`Please report it; the details are in ${workspace.folder}/.tally/tally.log.`);
  expect(workspace.read('.tally/tally.log')).toMatch(/"stack":"TypeError: broken on purpose\\n +at /);
});

function read(path: string): string | undefined {
  try {
    return readFileSync(join(workspace.folder, path), 'utf8');
  } catch {
    return undefined;
  }
}
