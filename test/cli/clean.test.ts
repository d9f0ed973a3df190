import { beforeEach, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError, expectNoStack } from './ran.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const ALL = ['ARCHIVE', 'INVALID', 'DETAILS'].map((name) => `TALLY_KEEP_${name}_DAYS=30\n`).join('');

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
  workspace.now = new Date('2020-01-04T12:00:00Z');
  for (const day of ['20200101', '20200102', '20200103'])
    workspace.write(`inbox/customer_rating_agency_a_${day}.csv`, `${HEADER}${day},10,100,new\nx,1,1,new\n`);
  await workspace.run();
});

const lines = (text: string) => text.split('\n').map((line) => line.replace(/\d{4}-\d\d-\d\d/, 'YYYY-MM-DD'));
const archived = () => workspace.list('archive').filter((name) => name.endsWith('.csv'));

test('without a setting, tally clean names those that there are, and cleans nothing', async () => {
  const ran = await workspace.tally(['clean']);
  expectNoStack(ran);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toBe(
    [
      'Everything is kept for ever, so there is nothing to clean. To have it cleaned after so many days, set in .env:',
      '  TALLY_KEEP_ARCHIVE_DAYS  files of the archive',
      '  TALLY_KEEP_INVALID_DAYS  invalid rows',
      '  TALLY_KEEP_DETAILS_DAYS  ended slots, alarms and verifications',
      'What stays in any case: docs/retention.md',
      '',
    ].join('\n'),
  );
  expect(archived()).toHaveLength(3);
});

describe('tally clean', () => {
  test('--dry-run says what would go; then it goes, and who asks for it is told', async () => {
    workspace.write('.env', ALL.replace('TALLY_KEEP_DETAILS_DAYS=30\n', ''));
    const plan = await workspace.tally(['clean', '--dry-run']);
    expectNoStack(plan);
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(lines(plan.stdout)).toEqual([
      'what                   kept      older than  number   size',
      'files of the archive   30 days   YYYY-MM-DD       1  100 B',
      expect.stringMatching(/^invalid rows {11}30 days {3}YYYY-MM-DD {7}1 {2}\d+ B$/),
      'slots of the schedule  for ever',
      'alarms                 for ever',
      'verifications          for ever',
      '',
      'Nothing was cleaned yet: tally clean',
      '',
    ]);
    expect(archived()).toHaveLength(3);

    const done = await workspace.tally(['clean']);
    expect(done.code).toBe(0);
    expect(lines(done.stdout).slice(0, 6)).toEqual(lines(plan.stdout).slice(0, 6));
    expect(done.stdout).toContain('Cleaned.');
    expect(archived()).toHaveLength(2);
    expect((await workspace.tally(['clean'])).stdout).toContain('There was nothing to clean.');

    const invalid = await workspace.tally(['invalid', '--load', '1']);
    expect(invalid).toMatchObject({ code: 0, stdout: 'No invalid rows.\n' });
    expect(invalid.stderr).toMatch(
      /^1 invalid row of load 1: cleaned on \d{4}-.* UTC \(TALLY_KEEP_INVALID_DAYS\); the counts stay\.$/m,
    );
    for (const args of [
      ['export', '--load', '1', 'sheet.csv'],
      ['dismiss', '--load', '1', '--why', 'a test'],
    ])
      expectError(
        await workspace.tally(['invalid', ...args]),
        'not_correctable',
        2,
        /The invalid rows of load 1 were cleaned on/,
      );
    const verified = await workspace.tally(['verify', '--load', '1']);
    expect(verified.code).toBe(3);
    expect(verified.stdout).toMatch(/it was cleaned from the archive on .* \(TALLY_KEEP_ARCHIVE_DAYS\)/);
    expect((await workspace.tally(['verify'])).code).toBe(0);
    const span = ['--from', '2020-01-01', '--to', '2020-01-02'];
    const replayed = await workspace.tally(['backfill', 'customer_rating', ...span, '--dry-run']);
    expect(replayed.code).toBe(0);
    expect(replayed.stdout).toMatch(/^2020-01-01 +agency_a .* cleaned$/m);
    expect(replayed.stdout).toContain('1 would be replayed, 1 cleaned from the archive.');
    const loads = documentOf<Record<string, unknown>[]>(await workspace.tally(['loads', '--json']));
    expect(loads.at(-1)).toMatchObject({
      load_id: 1,
      rows_invalid: 1,
      archived_as: null,
      archive_cleaned_at: expect.any(String),
      invalid_cleaned_at: expect.any(String),
    });
  });

  test('goes on a schedule as a job, and so does tally verify', async () => {
    workspace.write('.env', ALL);
    workspace.write(
      'schedule.yaml',
      "jobs:\n  clean: { cron: '0 6 * * sun', do: clean }\n  verify: { cron: '0 5 * * sun', do: verify }\n",
    );
    const listed = await workspace.tally(['schedule', '--list']);
    expect(listed.stdout).toMatch(/^clean +clean /m);
    const cleaned = await workspace.tally(['schedule', 'run', 'clean']);
    expect(cleaned.code).toBe(0);
    expect(lines(cleaned.stdout)[1]).toBe('files of the archive   30 days  YYYY-MM-DD       1  100 B');
    const verified = await workspace.tally(['schedule', 'run', 'verify']);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain('1 load verified.');
    const document = documentOf(await workspace.tally(['schedule', 'run', 'verify', '--json']));
    expect(document).toMatchObject({ job: 'verify', verifications: [{ load_id: 3, outcome: 'verified' }] });
    expect(
      await workspace.query("select command, outcome from tally.runs where command <> 'run' order by run_id"),
    ).toEqual([
      { command: 'clean', outcome: 'done' },
      { command: 'verify', outcome: 'done' },
      { command: 'verify', outcome: 'done' },
    ]);
  });
});
