import { beforeAll, describe, expect, test } from '@jest/globals';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { expectError, expectNoStack } from './ran.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const BACKFILL = ['backfill', 'customer_rating', '--from', '2026-11-01', '--to', '2026-11-03'];

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('inbox/customer_rating_agency_a_20261101.csv', `${HEADER}1,10,100,new\nx,1,1,new\n`);
  workspace.write('inbox/customer_rating_agency_a_20261103.csv', `${HEADER}1,30,100,new\n`);
  workspace.write('inbox/customer_rating_agency_a_20261110.csv', `${HEADER}1,90,100,new\n`);
  await workspace.run();
});

// One after the other.
describe('tally backfill', () => {
  test('--dry-run says what would happen, and does nothing', async () => {
    const before = await workspace.query('select count(*)::int from tally.loads');
    const ran = await workspace.tally([...BACKFILL, '--dry-run']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toBe(
      [
        'date        agency    file                                   rows  loaded  invalid  outcome',
        '2026-11-01  agency_a  customer_rating_agency_a_20261101.csv     2       1        1  would be replayed (history)',
        '2026-11-02                                                                          no delivery',
        '2026-11-03  agency_a  customer_rating_agency_a_20261103.csv     1       1        0  would be replayed (history)',
        '',
        '2 would be replayed, 1 without a delivery.',
        '',
      ].join('\n'),
    );
    expect(await workspace.query('select count(*)::int from tally.loads')).toEqual(before);
    expect(await workspace.query('select from tally.backfills')).toEqual([]);
    expect(await workspace.query("select from tally.runs where command = 'backfill'")).toEqual([]);
  });

  test('shows date, file, rows and outcome, what failed and why, and goes on when it is mended', async () => {
    const file = join(
      workspace.folder,
      'archive/customer_rating/2026-11-03/customer_rating_agency_a_20261103.csv',
    );
    renameSync(file, `${file}.away`);
    const ran = await workspace.tally(BACKFILL);
    expectNoStack(ran);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^2026-11-01 {2}agency_a .* 2 +1 +1 {2}loaded \(history\)$/m);
    expect(ran.stdout).toMatch(/^2026-11-02 +no delivery$/m);
    expect(ran.stdout).toMatch(/^2026-11-03 {2}agency_a .*csv +failed$/m);
    expect(ran.stdout).toContain('Put the file back as it was delivered.');
    expect(ran.stdout).toMatch(
      /^Up to date: output\/Customer_Rating_Aggregate_Report_20261101\.csv \(1 row\)$/m,
    );
    expect(ran.stdout).toMatch(
      /^1 replayed, 1 failed, 1 without a delivery\.\nThe same command goes on with what is left\.$/m,
    );
    renameSync(`${file}.away`, file);
    const again = await workspace.tally(BACKFILL);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^Goes on with what was begun .* UTC\. From the start: --restart$/m);
    expect(again.stdout).toMatch(/^2026-11-01 .* loaded \(history, before\)$/m);
    expect(again.stdout).toMatch(/^2026-11-03 .* loaded \(history\)$/m);
    expect(again.stdout).toContain('2 replayed, 1 without a delivery.');
  });

  test('of days without any delivery lists them, and is done', async () => {
    const ran = await workspace.tally([...BACKFILL, '--agency', 'Agency B', '--quiet']);
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    [
      ['customer_rating', '--from', '2026-11-03', '--to', '2026-11-01'],
      'usage',
      'expected --from before --to',
    ],
    [['customer_rating', '--from', '2026-11-31', '--to', '2026-12-01'], 'usage', 'expected a date such as'],
    [
      ['customer_rating', '--from', '1926-11-01', '--to', '2026-11-01'],
      'usage',
      'expected 3660 days at most',
    ],
    [['customer_rating', '--from', '2026-11-01'], 'usage', "required option '--to <date>' not specified"],
    [['ratings', '--from', '2026-11-01', '--to', '2026-11-02'], 'unknown_feed', 'There is no feed ratings'],
    [[...BACKFILL.slice(1), '--agency', 'agency_x'], 'unknown_agency', 'is not declared in agencies.yaml'],
  ])('%j is refused', async (args, code, says) => {
    expectError(await workspace.tally(['backfill', ...args]), code, 2, says);
  });
});
