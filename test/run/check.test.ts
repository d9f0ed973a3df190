import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkWorkspace, type Finding } from '../../src/run/check.js';
import { urlOf } from '../setup/warehouse.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace({ database: false });
});

const check = (environment: Record<string, string> = {}) =>
  checkWorkspace(undefined, workspace.folder, environment);
const find = (findings: Finding[], what: string) => findings.find((each) => each.what === what)!;

test('a workspace that is fine: everything is looked at, and nothing is started or made', async () => {
  const before = readdirSync(workspace.folder, { recursive: true }).sort();
  const findings = await check();
  expect(findings.map((each) => [each.what, each.ok])).toEqual([
    ['configuration', true],
    ['feeds', true],
    ['agencies', true],
    ['reports and audits', true],
    ['destinations', true],
    ['folders', true],
    ['database', true],
  ]);
  expect(find(findings, 'database').says).toMatch(/^embedded, not created \(/);
  expect(readdirSync(workspace.folder, { recursive: true }).sort()).toEqual(before);
});

test('a given database: its version, and whether a run would migrate it', async () => {
  const { url } = await createWorkspace();
  expect(find(await check({ DATABASE_URL: url }), 'database')).toMatchObject({
    ok: true,
    says: expect.stringMatching(/, PostgreSQL \d+\.\d+, up to date$/),
  });
  const empty = find(await check({ DATABASE_URL: urlOf('template1') }), 'database');
  expect(empty).toMatchObject({
    ok: true,
    says: expect.stringContaining('the next run migrates it (0001_ledger.sql'),
  });
});

describe('finds', () => {
  test('a cadence that waits for an agency which is not declared', async () => {
    workspace.write(
      'feeds/things.yaml',
      "title: Things.\nfiles: ['things_{agency}.csv']\nmode: replace\ncolumns: [{ name: id, type: integer }]\ncadence: { agencies: [agency_a, agency_x] }\n",
    );
    expect(find(await check(), 'agencies')).toMatchObject({
      ok: false,
      exit: 2,
      says: 'The cadence of feeds/things.yaml names agency_x, which agencies.yaml does not declare.',
    });
  });

  test('no workspace', async () => {
    rmSync(join(workspace.folder, 'feeds'), { recursive: true });
    expect(await check()).toMatchObject([
      { what: 'configuration', ok: false, exit: 2, hint: expect.stringContaining('tally init') },
    ]);
  });

  test('every fault of the configuration at once', async () => {
    workspace.write('.env', 'TALLY_TIME_ZONE=Zurich\nTALLY_KEEP_VERSION=2\nTALLY_LOCK_WAIT_SECONDS=soon\n');
    const [finding] = await check({ DATABASE_URL: 'mysql://u:secret@h/d' });
    expect(finding).toMatchObject({ what: 'configuration', ok: false, exit: 2 });
    expect(finding!.says).toMatch(/has 4 faults/);
    expect(finding!.says).toContain(
      'TALLY_TIME_ZONE: expected a time zone such as UTC or Europe/Zurich, got `Zurich`',
    );
    expect(finding!.says).toContain(
      'TALLY_KEEP_VERSION: is not a setting; did you mean TALLY_KEEP_VERSIONS?',
    );
    expect(finding!.says).toContain('TALLY_LOCK_WAIT_SECONDS: expected a number of seconds, got `soon`');
    expect(finding!.says).toContain('DATABASE_URL: expected postgresql://');
    expect(finding!.says).not.toContain('secret');
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
    expect(find(findings, 'feeds').says).toMatch(
      /feeds\/broken\.yaml:3: mode: .*\n.*feeds\/worse\.yaml:\d+: not YAML: /,
    );
    expect(find(findings, 'agencies').says).toMatch(
      /agencies\.yaml:\d+: agencies\.agency_a\.time_zone: expected a time zone.*\n.*default: expected an agency/,
    );
    expect([find(findings, 'feeds').exit, find(findings, 'agencies').exit]).toEqual([2, 2]);
    expect(find(findings, 'database').ok).toBe(true);
  });

  test('reports and audits that do not say what they are', async () => {
    workspace.write('sql/audits/mine.sql', 'select 1');
    expect(find(await check(), 'reports and audits')).toMatchObject({
      ok: false,
      says: expect.stringMatching(/mine\.sql:1: expected `-- audit of FEED/),
    });
  });

  test('folders that cannot be used, each', async () => {
    rmSync(join(workspace.folder, 'inbox'), { recursive: true });
    writeFileSync(join(workspace.folder, 'archive'), '');
    const folders = find(await check(), 'folders');
    expect(folders).toMatchObject({ ok: false, exit: 2 });
    expect(folders.says).toMatch(/^inbox: ENOENT: .*; archive: .*archive is not a folder$/);
    rmSync(join(workspace.folder, 'archive'));
    mkdirSync(join(workspace.folder, 'inbox'));
    expect(find(await check(), 'folders').ok).toBe(true);
  });

  test('a database that does not answer', async () => {
    const finding = find(await check({ DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/d' }), 'database');
    expect(finding).toMatchObject({
      ok: false,
      exit: 1,
      says: expect.stringMatching(/^No PostgreSQL answers \(postgresql:\/\/u:\*\*\*@127\.0\.0\.1:1\/d\)/),
    });
  });

  test('a database that a run would create: no fault', async () => {
    expect(find(await check({ DATABASE_URL: urlOf('tally_not_there_yet') }), 'database')).toMatchObject({
      ok: true,
      says: expect.stringMatching(/the next run creates it$/),
    });
  });
});
