import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAll, type Finding } from '../../../src/run/check/check.js';
import { urlOf } from '../../setup/warehouse.js';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace({ database: false });
});

const check = (environment: Record<string, string> = {}) =>
  checkAll(undefined, workspace.folder, environment);
const find = (findings: Finding[], what: string) => findings.find((each) => each.name === what)!;

test('a workspace that is fine: everything is looked at, and nothing is started or made', async () => {
  const before = readdirSync(workspace.folder, { recursive: true }).sort();
  const findings = await check();
  expect(findings.map((each) => [each.name, each.state])).toEqual([
    ['software', 'ok'],
    ['configuration', 'ok'],
    ['feeds', 'ok'],
    ['agencies', 'ok'],
    ['sql files', 'ok'],
    ['destinations', 'ok'],
    ['folders', 'ok'],
    ['disk', 'ok'],
    ['database', 'ok'],
  ]);
  expect(find(findings, 'database').actual).toMatch(/^embedded, not created \(.*; the next run makes it$/);
  expect(readdirSync(workspace.folder, { recursive: true }).sort()).toEqual(before);
});

test('a given database: all that is in it is looked at too', async () => {
  const { url } = await createWorkspace();
  const findings = await check({ DATABASE_URL: url });
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(findings.slice(8).map(({ name }) => name)).toEqual([
    'database',
    'migrations',
    'schema',
    'roles',
    'collation',
    'clock',
    'loads',
    'versions',
    'reports',
    'locks',
  ]);
  expect(find(findings, 'database').actual).toMatch(/^PostgreSQL \d+\.\d+, postgresql:/);
  expect(find(findings, 'migrations').actual).toMatch(/^up to date \(\d{4}_/);
});

test('an empty database is migrated by the next run: no trouble', async () => {
  const findings = await check({ DATABASE_URL: urlOf('template1') });
  expect(find(findings, 'migrations')).toMatchObject({
    state: 'ok',
    actual: expect.stringMatching(/the next run migrates it$/),
  });
  expect(findings.at(-1)!.name).toBe('migrations');
});

describe('finds', () => {
  test('a cadence that waits for an agency which is not declared', async () => {
    workspace.write(
      'feeds/things.yaml',
      "title: Things.\nfiles: ['things_{agency}.csv']\nmode: replace\ncolumns: [{ name: id, type: integer }]\ncadence: { agencies: [agency_a, agency_x] }\n",
    );
    expect(find(await check(), 'agencies')).toMatchObject({
      state: 'trouble',
      exit: 2,
      actual: 'The cadence of feeds/things.yaml names agency_x, which agencies.yaml does not declare.',
    });
  });

  test('a destination for an agency which is not declared', async () => {
    workspace.write('destinations.yaml', 'destinations:\n  crm: { kind: stdout, agencies: [agency_x] }\n');
    expect(find(await check(), 'destinations')).toMatchObject({
      state: 'trouble',
      exit: 2,
      actual: 'The destination crm names agency_x, which agencies.yaml does not declare.',
    });
  });

  test('no workspace', async () => {
    rmSync(join(workspace.folder, 'feeds'), { recursive: true });
    expect(await check()).toMatchObject([
      { name: 'software', state: 'ok' },
      { name: 'configuration', state: 'trouble', exit: 2, mend: expect.stringContaining('tally init') },
    ]);
  });

  test('every fault of the configuration at once', async () => {
    workspace.write('.env', 'TALLY_TIME_ZONE=Zurich\nTALLY_KEEP_VERSION=2\nTALLY_LOCK_WAIT_SECONDS=soon\n');
    const finding = find(await check({ DATABASE_URL: 'mysql://u:secret@h/d' }), 'configuration');
    expect(finding).toMatchObject({ state: 'trouble', exit: 2 });
    expect(finding.actual).toMatch(/has 4 faults/);
    expect(finding.actual).toContain(
      'TALLY_TIME_ZONE: expected a time zone such as UTC or Europe/Zurich, got `Zurich`',
    );
    expect(finding.actual).toContain(
      'TALLY_KEEP_VERSION: is not a setting; did you mean TALLY_KEEP_VERSIONS?',
    );
    expect(finding.actual).toContain('TALLY_LOCK_WAIT_SECONDS: expected a number of seconds, got `soon`');
    expect(finding.actual).toContain('DATABASE_URL: expected postgresql://');
    expect(finding.actual).not.toContain('secret');
  });

  test('faults of feeds and agencies, with file and line', async () => {
    workspace.write(
      'feeds/broken.yaml',
      'title: T\nfiles: [a.csv]\nmode: sometimes\ncolumns: [{ name: a, type: text }]\n',
    );
    workspace.write('feeds/worse.yaml', 'title: "T\n');
    workspace.write(
      'agencies.yaml',
      'default: agency_x\nagencies:\n  agency_a: { name: A, time_zone: Mars }\n',
    );
    const findings = await check();
    expect(find(findings, 'feeds').actual).toMatch(
      /feeds\/broken\.yaml:3: mode: .*\n.*feeds\/worse\.yaml:\d+: not YAML: /,
    );
    expect(find(findings, 'agencies').actual).toMatch(
      /agencies\.yaml:\d+: agencies\.agency_a\.time_zone: expected a time zone.*\n.*default: expected an agency/,
    );
    expect([find(findings, 'feeds').exit, find(findings, 'agencies').exit]).toEqual([2, 2]);
    expect(find(findings, 'database').state).toBe('ok');
  });

  test('reports and audits that do not say what they are', async () => {
    workspace.write('sql/audits/mine.sql', 'select 1');
    expect(find(await check(), 'sql files')).toMatchObject({
      state: 'trouble',
      actual: expect.stringMatching(/mine\.sql:1: expected `-- audit of FEED/),
    });
  });

  test('folders that cannot be used, each', async () => {
    rmSync(join(workspace.folder, 'inbox'), { recursive: true });
    writeFileSync(join(workspace.folder, 'archive'), '');
    const folders = find(await check(), 'folders');
    expect(folders).toMatchObject({ state: 'trouble', exit: 2 });
    expect(folders.actual).toMatch(/^inbox: ENOENT: .*; archive: .*archive is not a folder$/);
    rmSync(join(workspace.folder, 'archive'));
    mkdirSync(join(workspace.folder, 'inbox'));
    expect(find(await check(), 'folders').state).toBe('ok');
  });

  test('a database that does not answer', async () => {
    const finding = find(await check({ DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/d' }), 'database');
    expect(finding).toMatchObject({
      state: 'trouble',
      exit: 1,
      actual: expect.stringMatching(/^No PostgreSQL answers \(postgresql:\/\/u:\*\*\*@127\.0\.0\.1:1\/d\)/),
    });
  });

  test('a database that a run would create: no fault', async () => {
    expect(find(await check({ DATABASE_URL: urlOf('tally_not_there_yet') }), 'database')).toMatchObject({
      state: 'ok',
      actual: expect.stringMatching(/the next run makes it$/),
    });
  });
});
