import { beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError, expectNoStack } from './ran.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const rows = (count: number, bad = 0) =>
  HEADER + Array.from({ length: count }, (_, i) => `${i < bad ? 'x' : ''}${i},1,100,high-value\n`).join('');

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});

const rowsOf = async (agency: string) =>
  (
    await workspace.query<{ count: number }>(
      'select count(*)::int as count from customer_rating where agency = $1',
      [agency],
    )
  )[0]!.count;

describe('tally run', () => {
  test('tells a night at a glance, and writes no colours into a pipe', async () => {
    // In one time zone: between the mornings of two, one agency's file is due for another day than that of the others.
    const agencies = ['a', 'b', 'c', 'd'].map((key) => `  agency_${key}: { name: Agency ${key} }\n`);
    workspace.write('agencies.yaml', `default: agency_a\nagencies:\n${agencies.join('')}`);
    workspace.write('inbox/customer_rating_agency_b_20240305.csv', rows(10, 1));
    workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(20));
    const ran = await workspace.tally(['run'], { env: { CI: 'true', FORCE_COLOR: '1' } });
    expect(ran.code).toBe(0);
    const lines = ran.stdout.split('\n').map((line) => line.replace(/ +[\d,]+ {2}loaded$/, '  N  loaded'));
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(/^feed +agency +date +rows +loaded +invalid +% +rows\/s +outcome$/),
      expect.stringMatching(/^customer_rating {2}agency_a {2}2024-03-05 +20 +20 +0 +0\.00 +N {2}loaded$/),
      expect.stringMatching(/^customer_rating {2}agency_b {2}2024-03-05 +10 +9 +1 +10\.00 +N {2}loaded$/),
      '',
    ]);
    expect(ran.stdout).toContain(
      'Most frequent reasons:\n  1 x customer_number: expected an integer, got `x0`  (customer_rating_agency_b_20240305.csv, line 2)\n  all of them: tally invalid --load ',
    );
    expect(ran.stdout).toMatch(
      /^Written: output\/Customer_Rating_Aggregate_Report_20240305\.csv \(2 rows\)$/m,
    );
    expect(ran.stdout).toMatch(
      /^Missing, customer_rating expected \d{4}-\d\d-\d\d: agency_a \(has 2024-03-05\), agency_b \(has 2024-03-05\), agency_c \(nothing yet\), agency_d \(nothing yet\)$/m,
    );
    expect(ran.stderr.split('\n').sort()).toEqual([
      '',
      'customer_rating_agency_a_20240305.csv: loaded, 20 rows',
      'customer_rating_agency_b_20240305.csv: loaded, 10 rows',
    ]);
    expect(ran.stdout + ran.stderr).not.toContain('\u001b');
  });

  test('a second time finds nothing new, says so and is done', async () => {
    workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(20));
    await workspace.tally(['run']);
    const second = await workspace.tally(['run']);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toMatch(/^Nothing new in the inbox\.\nUp to date: output\//);
  });

  test('with --quiet says nothing of a good night, and all that went wrong of a bad one', async () => {
    workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(20));
    expect(await workspace.tally(['run', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    workspace.write('inbox/customer_rating_agency_a_20240306.csv', rows(20, 15));
    workspace.write('inbox/customer_rating_agency_b_20240306.csv', '');
    const bad = await workspace.tally(['run', '-q']);
    expect(bad).toMatchObject({ code: 1, stdout: '' });
    expect(bad.stderr).toMatch(
      /^customer_rating_agency_b_20240306\.csv \(failed, load \d+\): The file is empty.*\n.*\ncustomer_rating_agency_a_20240306\.csv \(held, load \d+\): agency_a: 75 %.*\n {2}Look: tally invalid --load \d+\. Accept: /,
    );
  });

  test('works in the workspace that is named, or that TALLY_WORKSPACE names, or that it stands in', async () => {
    const outside = { cwd: '/' };
    expect((await workspace.tally(['run', '--workspace', workspace.folder], outside)).code).toBe(0);
    expect(
      (await workspace.tally(['run'], { ...outside, env: { TALLY_WORKSPACE: workspace.folder } })).code,
    ).toBe(0);
    expect((await workspace.tally(['run'], { cwd: join(workspace.folder, 'inbox') })).code).toBe(0);
    expectError(await workspace.tally(['run'], outside), 'no_workspace', 2, /Go to your workspace/);
    const other = await createWorkspace({ database: false });
    expect(
      (
        await workspace.tally(['run', '-w', workspace.folder], {
          cwd: other.folder,
          env: { TALLY_WORKSPACE: '/nowhere' },
        })
      ).code,
    ).toBe(0);
  });

  test('reads settings from .env, and the environment goes before', async () => {
    workspace.write('.env', 'TALLY_OUTPUT=from-file\nTALLY_ARCHIVE_DELIVERIES=off\n');
    workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(2));
    await workspace.tally(['run']);
    expect(workspace.list('from-file').length).toBeGreaterThan(0);
    expect(workspace.list('inbox')).toEqual(['customer_rating_agency_a_20240305.csv']);
    await workspace.tally(['run'], { env: { TALLY_OUTPUT: 'from-environment' } });
    expect(workspace.list('from-environment').length).toBeGreaterThan(0);
  });
});

describe('a load that is held', () => {
  test('exits with 3, changes nothing, is told, and can be accepted', async () => {
    workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(20));
    await workspace.tally(['run']);
    workspace.write('inbox/customer_rating_agency_a_20240306.csv', rows(20, 15));
    const held = await workspace.tally(['run', '--json']);
    expect(held.code).toBe(3);
    const { outcome, loads } = documentOf<{
      outcome: string;
      loads: { load_id: number; outcome: string; hint: string }[];
    }>(held);
    expect({ outcome, loads }).toMatchObject({
      outcome: 'held',
      loads: [{ outcome: 'held', code: 'guard_invalid_percent', live: false }],
    });
    expect(await rowsOf('agency_a')).toBe(20);
    expect(workspace.list('inbox')).toHaveLength(1);

    const status = await workspace.tally(['status']);
    expect(status.code).toBe(3);
    expect(status.stdout).toMatch(/customer_rating {2}agency_a {2}held /);
    expect(status.stdout).toContain(`Accept: tally load --accept-held ${loads[0]!.load_id}`);

    const accepted = await workspace.tally(['load', '--accept-held', String(loads[0]!.load_id)]);
    expect(accepted.code).toBe(0);
    expect(accepted.stdout).toMatch(/accepted by hand/);
    expect(await rowsOf('agency_a')).toBe(5);
    expectError(
      await workspace.tally(['load', '--accept-held', String(loads[0]!.load_id)]),
      'not_held',
      2,
      /is not held: it is loaded/,
    );
    expect((await workspace.tally(['run'])).stdout).toMatch(
      /^Known already, not loaded again: customer_rating_agency_a_20240306\.csv/m,
    );
    expect(workspace.list('inbox')).toEqual([]);
  });

  test('can be loaded with --force, whatever the guards say', async () => {
    workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(20));
    await workspace.tally(['run']);
    const path = workspace.write('elsewhere/customer_rating_agency_a_20240306.csv', rows(20, 15));
    expect((await workspace.tally(['load', path])).code).toBe(3);
    expect((await workspace.tally(['load', path, '--force'])).code).toBe(0);
    expect(await rowsOf('agency_a')).toBe(5);
  });
});

describe('tally load', () => {
  test('takes files from anywhere, whose names need say nothing; the archive keeps a copy', async () => {
    const path = workspace.write('elsewhere/-- what?.csv', rows(3));
    const ran = await workspace.tally(
      [
        'load',
        '--feed',
        'customer_rating',
        '--agency',
        'Agency D',
        '--date',
        '2024-03-01',
        '--',
        '-- what?.csv',
      ],
      { cwd: join(workspace.folder, 'elsewhere') },
    );
    expect(ran.code).toBe(0);
    expect(await rowsOf('agency_d')).toBe(3);
    expect(existsSync(path)).toBe(true);
    expect(
      readFileSync(join(workspace.folder, 'archive/customer_rating/2024-03-01/-- what?.csv'), 'utf8'),
    ).toBe(rows(3));
  });

  test('does not load the same twice, says so, and does if it is forced to', async () => {
    const path = workspace.write('elsewhere/customer_rating_agency_a_20240305.csv', rows(3));
    await workspace.tally(['load', path]);
    const again = await workspace.tally(['load', path]);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(
      /^Known already, not loaded again: customer_rating_agency_a_20240305\.csv\nNothing was loaded\. To load known content all the same: --force\n/,
    );
    const forced = documentOf<{ load_id: number }[]>(
      await workspace.tally(['load', path, '--force', '--json']),
    );
    expect(forced).toMatchObject([{ outcome: 'loaded', load_id: 3 }]);
  });

  test('names what is not known: the feed, the agency, the load', async () => {
    expectError(
      await workspace.tally(['load', 'x.csv', '--feed', 'customer_ratings']),
      'unknown_feed',
      2,
      /did you mean customer_rating\?/,
    );
    expectError(
      await workspace.tally(['load', 'x.csv', '--agency', 'Agency Aa']),
      'unknown_agency',
      2,
      /did you mean agency_a\?\nIf it is new: tally agencies add "Agency Aa"/,
    );
    expectError(
      await workspace.tally(['load', '--accept-held', '999']),
      'unknown_load',
      2,
      /There is no load 999/,
    );
  });
});

test('a new agency is one command, and then its file', async () => {
  const name = 'Customer Rating Agency É 5 Inc.csv';
  workspace.write(`inbox/${name}`, rows(4));
  expect((await workspace.tally(['run'])).code).toBe(2);
  const added = await workspace.tally(['agencies', 'add', 'Agency É 5', '--time-zone', 'Europe/Berlin']);
  expect(added).toMatchObject({
    code: 0,
    stdout: 'agency_e_5 (Agency É 5) is declared in agencies.yaml; the next run loads its files.\n',
  });
  expect((await workspace.tally(['run'])).code).toBe(0);
  expect(await rowsOf('agency_e_5')).toBe(4);
  expect(await workspace.query('select count(*)::int as count from customer_rating_agency_e_5')).toEqual([
    { count: 4 },
  ]);
  expect((await workspace.tally(['agencies'])).stdout).toMatch(/^agency_e_5 +Agency É 5 +Europe\/Berlin$/m);
  // What people wrote in the file stays.
  expect(workspace.read('agencies.yaml')).toContain('# Who delivers.');
  expectError(
    await workspace.tally(['agencies', 'add', 'agency e 5']),
    'usage',
    2,
    /declares agency_e_5 \(Agency É 5\) already/,
  );
  expectError(
    await workspace.tally(['agencies', 'add', '***']),
    'usage',
    2,
    /`\*\*\*` gives the key ``: expected a lower-case name/,
  );
});

test('tally rollback puts the version before back, and the file is not loaded again by itself', async () => {
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(3));
  await workspace.tally(['run']);
  workspace.write('inbox/customer_rating_agency_a_20240306.csv', rows(4));
  await workspace.tally(['run']);
  const ran = await workspace.tally(['rollback', '--feed', 'customer_rating', '--agency', 'Agency A']);
  expect(ran).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^customer_rating of agency_a is back at load 1; load 2 was rolled back\.\n/,
    ),
  });
  expect(await rowsOf('agency_a')).toBe(3);
  workspace.write('inbox/customer_rating_agency_a_20240306.csv', rows(4));
  expect((await workspace.tally(['run'])).stdout).toMatch(/skipped \(rolled back\)/);
  expectError(
    await workspace.tally(['rollback', '--feed', 'customer_rating', '--agency', 'agency_a']),
    'no_previous_version',
    1,
    /There is no version/,
  );
  expectError(
    await workspace.tally(['rollback', '--feed', 'usage_events', '--agency', 'agency_a']),
    'rollback_unsupported',
    2,
    /mode append/,
  );
});

test('tally loads is the ledger, the latest first, and can be filtered', async () => {
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', rows(3, 1));
  workspace.write('inbox/customer_rating_agency_b_20240306.csv', '');
  workspace.write(`inbox/sales_channels_agency_a_20240307.csv`, 'id,name\n1,Web\n');
  await workspace.tally(['run']);
  const all = await workspace.tally(['loads']);
  expectNoStack(all);
  expect(all.stdout.split('\n')).toEqual([
    expect.stringMatching(
      /^load +feed +agency +date +file +rows +loaded +invalid +% +started \(UTC\) +outcome$/,
    ),
    expect.stringMatching(/^ +3 +sales_channels .* loaded$/),
    expect.stringMatching(/^ +2 +customer_rating +agency_b +2024-03-06 .* failed \(file_empty\)$/),
    expect.stringMatching(
      /^ +1 +customer_rating +agency_a +2024-03-05 +customer_rating_agency_a_20240305\.csv +3 +2 +1 +33\.33 .* loaded$/,
    ),
    '',
  ]);
  const idsOf = async (...filter: string[]) =>
    documentOf<{ load_id: number }[]>(await workspace.tally(['loads', '--json', ...filter])).map(
      (each) => each.load_id,
    );
  expect(await idsOf('--agency', 'agency_a')).toEqual([3, 1]);
  expect(await idsOf('--feed', 'customer_rating', '--outcome', 'failed')).toEqual([2]);
  expect(await idsOf('--date', '2024-03-05')).toEqual([1]);
  expect(await idsOf('--limit', '1')).toEqual([3]);
  expect((await workspace.tally(['loads', '--date', '2001-01-01'])).stdout).toBe('No loads.\n');
});
