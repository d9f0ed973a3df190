import { afterAll, expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropAfterwards, onServer, urlOf } from '../setup/warehouse.js';

/** What docs/operations.md says of backups is done here, line by line, with other folders and another database. */

// Each line is a process: on a busy machine that takes its time.
jest.setTimeout(300_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OPERATIONS = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

const HELD = 'customer_number,customer_rating,customer_rating_limit,customer_status\n1,2,3,regular\n';

const folder = mkdtempSync(join(tmpdir(), 'tally-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
chmodSync(folder, 0o755);
for (const each of ['bin', 'backup']) mkdirSync(join(folder, each));
symlinkSync(join(ROOT, 'bin/tally.js'), join(folder, 'bin/tally'));

/**
 * pg_dump takes servers up to its own age: the embedded one is newer than what a machine has, and has the test above.
 * In CI it runs in any case on a server that is given.
 */
function withPgDump(...it: Parameters<typeof test>): void {
  if (!process.env.TEST_DATABASE_URL) return;
  if (process.env.CI || spawnSync('pg_dump', ['--version']).status === 0) return test(...it);
  process.stdout.write('The test of a dump is skipped. To run it: apt-get install postgresql-client.\n');
  test.skip(...it);
}

/** As a person at a terminal: each line must go well. */
function shell(script: string, settings: Record<string, string> = {}): string {
  const env = { ...settings, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder };
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', script], {
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ script, status, stderr: status === 0 ? '' : stderr + stdout }).toEqual({
    script,
    status: 0,
    stderr: '',
  });
  return stdout;
}

/** The commands below a comment of the page, in our folders. */
function commands(comment: string, workspace: string): string {
  const found = new RegExp('^```sh\\n# ' + comment + '.*\\n((?:.+\\n)+)```$', 'm').exec(OPERATIONS);
  return found![1]!
    .replaceAll('/var/lib/tallyhouse', join(folder, workspace))
    .replaceAll('/backup/', `${join(folder, 'backup')}/`);
}

/** A night, and after it a file that a guard holds: what is held is in a backup too. */
function fillWorkspace(workspace: string, settings?: Record<string, string>): void {
  shell(`tally init ${workspace} --samples && tally run --workspace ${workspace}`, settings);
  const name = 'customer_rating_agency_a_20991231.csv';
  writeFileSync(join(folder, workspace, 'inbox', name), HELD);
  shell(`tally run --workspace ${workspace} || test $? = 3`, settings);
}

const listLoads = (workspace: string, settings?: Record<string, string>) =>
  JSON.parse(shell(`tally loads --json --workspace ${workspace}`, settings)) as Record<string, unknown>[];

/** The copy says what the original said, and goes on from there. */
function proveCopy(workspace: string, before: object[], settings?: Record<string, string>): void {
  expect(listLoads(workspace, settings)).toEqual(before);
  shell(`tally load --accept-held 12 --workspace ${workspace}`, settings);
  shell(`tally verify --workspace ${workspace}`, settings);
}

test('an embedded database that is backed up with its folder comes back as it was', () => {
  fillWorkspace('embedded');
  const before = listLoads('embedded');
  shell(commands('back up the embedded database', 'embedded'));
  rmSync(join(folder, 'embedded'), { recursive: true });
  const said = shell(commands('restore the embedded database', 'embedded'));
  expect(said).toContain('Nothing is wrong.');
  expect(said).toContain('11 loads verified.');
  proveCopy('embedded', before);
});

withPgDump('a database that is dumped and restored, with its workspace, is as it was', async () => {
  const name = `${process.env.TEST_TEMPLATE}_backup`;
  dropAfterwards(name);
  const settings = { DATABASE_URL: urlOf(name) };
  fillWorkspace('given', settings);
  const before = listLoads('given', settings);
  shell(commands('back up', 'given'), settings);
  rmSync(join(folder, 'given'), { recursive: true });
  await onServer(`drop database ${name}`);
  const restore = commands('restore:', 'given')
    .replace('postgresql://postgres@localhost/postgres', process.env.TEST_SERVER_URL!)
    .replace(/ CustomerRatingData$/m, ` ${name}`);
  const said = shell(restore, settings);
  expect(said).toContain('Nothing is wrong.');
  expect(said).toContain('11 loads verified.');
  proveCopy('given', before, settings);
});
