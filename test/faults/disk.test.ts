import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createWorkspace, type Ran, type Workspace } from '../setup/workspace.js';
import { onServer, query, urlOf } from '../setup/warehouse.js';
import { Nights, reportNames, sha256, type Edition } from './night.js';
import { isLong, randomOf, SEED, spread } from './points.js';
import { startProxy, type Proxy } from './proxy.js';

/*
 * Linux has a file that is a full disk: what is put in the place of a file as a link to /dev/full can be opened, and
 * not written to. Elsewhere there is none, so these tests are of Linux alone.
 */
const onLinux = existsSync('/dev/full') ? describe : describe.skip;
if (onLinux !== describe) console.log('Full disks are not tried here: that wants /dev/full.');

interface Summary {
  outcome: string;
  loads: { load_id: number; outcome: string; code: string; message: string; hint: string }[];
  reports: { file: string }[];
  errors: { code: string; message: string; hint: string }[];
}

const FULL = {
  code: 'output_unwritable',
  message: expect.stringContaining('no space left'),
  hint: expect.any(String),
};

onLinux('a disk of the workspace that is full', () => {
  let proxy: Proxy;
  let workspace: Workspace;
  let nights: Nights;
  let edition: Edition;

  beforeAll(async () => {
    proxy = await startProxy();
  });
  afterAll(() => proxy.close());

  beforeEach(async () => {
    workspace = await createWorkspace();
    nights = new Nights(workspace);
    await nights.pass(1);
    edition = nights.deliver();
  });

  /** Runs; when the load is in the ledger, these files have become such as cannot be written. */
  async function runWithFull(files: (load: string) => string[]): Promise<Summary> {
    proxy.arm({ side: 'up', text: 'create table "tally_version"' }, async () => {
      const [load] = await workspace.query('select max(load_id) as load_id from tally.loads');
      for (const file of files(load!.load_id!)) {
        mkdirSync(dirname(join(workspace.folder, file)), { recursive: true });
        symlinkSync('/dev/full', join(workspace.folder, file));
      }
      return 'go on';
    });
    const ran = await workspace.tally(['run', '--json'], { env: { DATABASE_URL: proxy.url(workspace.url) } });
    return summaryOf(ran);
  }

  const mend = async () => nights.expectMended(edition, await workspace.tally(['run', '--json']));

  test.each([
    ['a report', (name: string) => `output/${name}.tmp`],
    ['a manifest', (name: string) => `output/${name}.manifest.json.tmp`],
  ])(
    'while %s is written: the load counts, the report before stays, that of the day comes with the next run',
    async (_, half) => {
      const { outcome, loads, errors, reports } = await runWithFull(() => reportNames(edition).map(half));
      expect({ outcome, reports }).toEqual({ outcome: 'failed', reports: [] });
      expect(loads).toMatchObject([{ outcome: 'loaded' }]);
      expect(errors).toMatchObject([FULL, FULL]);
      expect(await nights.expectWhole(edition)).toBe('new');
      await mend();
    },
  );

  test('while the delivery is put away: the load counts, and the next run puts it away', async () => {
    const own = sha256(`${edition.sha256}  ${edition.file}\n`).slice(0, 16);
    const half = `archive/customer_rating/${edition.day}/.${edition.file}.sha256.${own}.tmp`;
    const { outcome, loads, errors } = await runWithFull(() => [half]);
    expect(outcome).toBe('failed');
    expect(loads).toMatchObject([{ outcome: 'loaded' }]);
    expect(errors).toMatchObject([FULL]);
    expect(await nights.expectWhole(edition)).toBe('new');
    expect(workspace.list('inbox')).toEqual([edition.file]);
    await mend();
  });

  test('while the log is written: it is only the log', async () => {
    rmSync(join(workspace.folder, '.tally/tally.log'));
    symlinkSync('/dev/full', join(workspace.folder, '.tally/tally.log'));
    await mend();
  });
});

/* With `npm run faults`, as root: real disks that fill up, at many sizes. */
const isRoot = process.getuid?.() === 0;
const withDisks = isLong && isRoot && process.platform === 'linux' ? describe : undefined;
if (isLong && !withDisks)
  process.stdout.write('Skipped: small disks can be mounted only on Linux and by root.\n');

withDisks?.('a small disk', () => {
  let disk: string;

  beforeEach(() => {
    disk = mkdtempSync('/tmp/tally-disk-');
  });
  afterEach(() => {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  const mount = (kilobytes: number, how = '') =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', `${how}size=${kilobytes}k`, 'tmpfs', disk]);
  const used = (folder: string) => Number(execFileSync('du', ['-sk', folder]).toString().split('\t')[0]);

  test.each(spread(12, 1200, randomOf(SEED + 3)))(
    'that holds the workspace and has %d KB left',
    async (kilobytes) => {
      const workspace = await createWorkspace();
      const nights = new Nights(workspace);
      await nights.pass(1);
      const edition = nights.deliver();
      const size = used(workspace.folder);
      mount(size + kilobytes);
      execFileSync('cp', ['-a', `${workspace.folder}/.`, disk]);
      rmSync(workspace.folder, { recursive: true });
      symlinkSync(disk, workspace.folder);
      const ran = await workspace.tally(['run', '--json']);
      expect(ran.stderr + ran.stdout).not.toMatch(/^\s+at /m);
      const { loads, errors, outcome } = summaryOf(ran);
      const failed = [...loads.filter((load) => load.outcome === 'failed'), ...errors];
      expect(failed.map(({ code }) => code)).toEqual(failed.map(() => 'output_unwritable'));
      expect(outcome).toBe(failed.length > 0 ? 'failed' : 'done');
      await nights.expectWhole(edition);
      mount(size + 100_000, 'remount,');
      await nights.expectMended(edition, await workspace.tally(['run', '--json']));
    },
    120_000,
  );

  test('of the archive: nothing half is left there, and the file stays in the inbox', async () => {
    const workspace = await createWorkspace();
    rmSync(join(workspace.folder, 'archive'), { recursive: true, force: true });
    symlinkSync(disk, join(workspace.folder, 'archive'));
    mount(600);
    const nights = new Nights(workspace);
    const edition = nights.deliver();
    const { loads, errors } = summaryOf(await workspace.tally(['run', '--json']));
    expect(loads).toMatchObject([{ outcome: 'loaded' }]);
    expect(errors).toMatchObject([FULL]);
    expect(workspace.list(`archive/customer_rating/${edition.day}`)).toEqual([`${edition.file}.sha256`]);
    expect(await nights.expectWhole(edition)).toBe('new');
    mount(100_000, 'remount,');
    await nights.expectMended(edition, await workspace.tally(['run', '--json']));
  });

  test.each(spread(8, 4000, randomOf(SEED + 4)))(
    'of the server that has %d KB left for the new rows',
    async (kilobytes) => {
      const workspace = await createWorkspace();
      const name = basename(new URL(workspace.url).pathname);
      const space = `tally_small_${process.pid}`;
      mount(100_000);
      chmodSync(disk, 0o777);
      execFileSync('mkdir', [join(disk, 'space')]);
      await ownedByServer(join(disk, 'space'));
      await onServer(`create tablespace ${space} location '${join(disk, 'space')}'`);
      try {
        await onServer(`alter database ${name} set tablespace ${space}`);
        const nights = new Nights(workspace);
        await nights.pass(2);
        const edition = nights.deliver();
        mount(used(disk) + kilobytes, 'remount,');
        const ran = await workspace.tally(['run', '--json']);
        expect(ran.stderr + ran.stdout).not.toMatch(/^\s+at /m);
        const { loads, outcome } = summaryOf(ran);
        if (outcome !== 'done')
          expect(loads).toMatchObject([
            {
              outcome: 'failed',
              code: 'database_error',
              message: expect.stringContaining('no disk space left'),
            },
          ]);
        const rows = await nights.expectWhole(edition);
        expect(rows).toBe(outcome === 'done' ? 'new' : 'old');
        mount(100_000, 'remount,');
        await nights.expectMended(edition, await workspace.tally(['run', '--json']));
      } finally {
        await onServer(`alter database ${name} set tablespace pg_default`);
        await onServer(`drop tablespace ${space}`);
      }
    },
    120_000,
  );

  /** The server's user must own the place of a tablespace. */
  async function ownedByServer(folder: string): Promise<void> {
    const select = "select current_setting('data_directory') as data";
    const [row] = await query<{ data: string }>(urlOf('postgres'), select);
    execFileSync('chown', [`--reference=${row!.data}`, folder]);
    execFileSync('chmod', ['700', folder]);
  }
});

function summaryOf(ran: Ran): Summary {
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  return JSON.parse(ran.stdout) as Summary;
}
