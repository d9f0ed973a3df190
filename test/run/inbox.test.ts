import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { startS3, type Bucket } from '../inbox/s3.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function ratings(rows: number, first = 1): string {
  return HEADER + Array.from({ length: rows }, (_, i) => `${first + i},10,100,regular\n`).join('');
}

const ready = (workspace: Workspace, word: string) =>
  workspace.write(
    'feeds/customer_rating.yaml',
    `ready: ${word}\n${workspace.read('feeds/customer_rating.yaml').replace(/^ready: .*\n/, '')}`,
  );
const rowsOf = async (workspace: Workspace, agency: string): Promise<number> => {
  const [row] = await workspace.query<{ n: number }>(
    'select count(*)::int as n from customer_rating where agency = $1',
    [agency],
  );
  return row!.n;
};

/** A workspace for several tests: each has agencies of its own, and an empty inbox to begin with. */
function shared(): { workspace: Workspace; agency(): string } {
  const made = {} as { workspace: Workspace; agency(): string };
  let agencies = 0;
  beforeAll(async () => {
    made.workspace = await createWorkspace();
    const keys = Array.from({ length: 20 }, (_, i) => `  agency_${i + 1}: { name: Agency ${i + 1} }\n`);
    made.workspace.write('agencies.yaml', `agencies:\n${keys.join('')}`);
    made.agency = () => `agency_${++agencies}`;
  });
  beforeEach(() => {
    ready(made.workspace, 'stable');
    rmSync(join(made.workspace.folder, 'inbox'), { recursive: true });
    mkdirSync(join(made.workspace.folder, 'inbox'));
  });
  return made;
}

const named = (agency: string, day = '20261119') => `customer_rating_${agency}_${day}.csv`;
const inboxOf = (workspace: Workspace) => workspace.list('inbox').filter((name) => name !== '.gitkeep');

describe('a file that may still be written', () => {
  const on = shared();

  test('is left alone until nobody has written to it for long enough', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    const settings = { TALLY_STABLE_SECONDS: '60' };
    workspace.write(`inbox/${file}`, ratings(3));
    workspace.now = new Date(Date.now() + 30_000);
    const early = await workspace.run(settings);
    expect(early).toMatchObject({
      loads: [],
      errors: [],
      waiting: [
        { file, message: expect.stringMatching(/was written to \d+ s ago, and is left alone for 60 s/) },
      ],
    });
    expect(inboxOf(workspace)).toEqual([file]);
    workspace.now = new Date(Date.now() + 300_000);
    expect(await workspace.run(settings)).toMatchObject({ loads: [{ outcome: 'loaded' }], waiting: [] });
  });

  test('waits for its .done, which must not be older; both go to the archive', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    ready(workspace, 'done-file');
    const path = workspace.write(`inbox/${file}`, ratings(3));
    expect((await workspace.run()).waiting).toEqual([{ file, message: `${file}.done is not there yet` }]);
    const done = workspace.write(`inbox/${file}.done`, '');
    utimesSync(done, new Date(), new Date(Date.now() - 60_000));
    expect((await workspace.run()).waiting).toMatchObject([
      { message: expect.stringContaining('.done is older than the file') },
    ]);
    utimesSync(done, new Date(), new Date());
    utimesSync(path, new Date(), new Date(Date.now() - 60_000));
    expect(await workspace.run()).toMatchObject({ loads: [{ outcome: 'loaded' }], waiting: [] });
    expect(inboxOf(workspace)).toEqual([]);
    expect(
      workspace.list('archive/customer_rating/2026-11-19').filter((name) => name.startsWith(file)),
    ).toEqual([file, `${file}.done`, `${file}.sha256`]);
  });

  test('waits for its manifest; who names it is not asked to wait', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    ready(workspace, 'manifest');
    workspace.write(`inbox/${file}`, ratings(3));
    expect((await workspace.run()).waiting).toMatchObject([
      { message: `neither ${file}.manifest.json nor ${file}.sha256 is there yet` },
    ]);
    workspace.write(`inbox/${file}.sha256`, `${sha256(ratings(3))}  ${file}\n`);
    expect(await workspace.run()).toMatchObject({ loads: [{ outcome: 'loaded' }], waiting: [] });
    expect(inboxOf(workspace)).toEqual([]);

    const other = named(on.agency());
    workspace.write(`inbox/${other}`, ratings(3));
    expect(await workspace.load(`inbox/${other}`)).toMatchObject({ outcome: 'loaded' });
  });

  test('is told by the command, with exit code 0', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    ready(workspace, 'done-file');
    workspace.write(`inbox/${file}`, ratings(3));
    workspace.write('inbox/orders_x.csv.manifest.json', '{"rows":1}');
    const ran = await workspace.tally(['run']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(`Waits: ${file}: ${file}.done is not there yet.`);
    expect(ran.stdout).toContain(
      'Waits: orders_x.csv.manifest.json: the file that it belongs to is not there.',
    );
    expect(ran.stdout).not.toContain('Nothing new');
  });
});

describe('a manifest', () => {
  const on = shared();
  const text = `${HEADER}1,10,100,regular\n2,x,100,regular\n3, 5 ,100,regular\n4,7,100\n`;

  test('that is right lets the file in, invalid rows and all, and goes to the archive', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    const manifest = JSON.stringify({
      bytes: text.length,
      sha256: sha256(text).toUpperCase(),
      rows: 4,
      totals: { Customer_Number: '6', customer_rating: 15.0, customer_rating_limit: 300 },
      made_by: 'them',
    });
    workspace.write(`inbox/${file}`, text);
    workspace.write(`inbox/${file}.manifest.json`, manifest);
    expect(await workspace.run()).toMatchObject({
      loads: [{ outcome: 'loaded', rowsLoaded: 2, rowsInvalid: 2 }],
    });
    expect(workspace.read(`archive/customer_rating/2026-11-19/${file}.manifest.json`)).toBe(manifest);
    expect(await workspace.query('select control from tally.loads where agency = $1', [agency])).toEqual([
      {
        control: {
          rows: 4,
          totals: { Customer_Number: '6', customer_rating: '15', customer_rating_limit: '300' },
        },
      },
    ]);
  });

  const wrong: [string, object, string][] = [
    ['bytes', { bytes: 7 }, 'says that the file has 7 bytes; it has 129. Nothing of it was read.'],
    ['sha256', { sha256: '0'.repeat(64) }, `says that the file has the sha256 ${'0'.repeat(64)}; it has`],
    ['rows', { rows: 5 }, 'The manifest says 5 rows; the file has 4. Nothing was loaded'],
    [
      'a total',
      { totals: { customer_rating: '22.001' } },
      'The manifest says 22.001 as the total of customer_rating; the file has 15, without a row whose fields do not work out.',
    ],
  ];
  test.each(wrong)(
    'with other %s keeps the file out; a corrected one lets it in',
    async (_, manifest, message) => {
      const { workspace } = on;
      const agency = on.agency();
      const file = named(agency);
      workspace.write(`inbox/${file}`, ratings(9));
      await workspace.run();
      const next = named(agency, '20261120');
      workspace.write(`inbox/${next}`, text);
      workspace.write(`inbox/${next}.manifest.json`, JSON.stringify(manifest));
      const failed = {
        outcome: 'failed',
        code: 'manifest_differs',
        message: expect.stringContaining(message),
      };
      expect((await workspace.run()).loads).toMatchObject([failed]);
      expect(await rowsOf(workspace, agency)).toBe(9);
      expect(await workspace.query('select * from file_invalid_rows where agency = $1', [agency])).toEqual(
        [],
      );
      // It is tried again when the manifest is another, not before.
      const again = (await workspace.run()).loads[0]!;
      expect(['manifest_differs', 'still_refused']).toContain(again.code);
      workspace.write(`inbox/${next}.manifest.json`, '{"rows": 4}');
      expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded' }]);
      expect(inboxOf(workspace)).toEqual([]);
    },
  );

  test('holds rows against the same content of another day, too', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    workspace.write(`inbox/${file}`, ratings(9));
    await workspace.run();
    const next = named(agency, '20261120');
    workspace.write(`inbox/${next}`, ratings(9));
    workspace.write(`inbox/${next}.manifest.json`, '{"rows": 10}');
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'failed', code: 'manifest_differs' }]);
    workspace.write(`inbox/${next}.manifest.json`, '{"rows": 9}');
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded' }]);
  });

  test('that cannot be read, or speaks of a column that there is not, is an error of its own', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    workspace.write(`inbox/${file}`, ratings(1));
    for (const [manifest, message] of [
      ['{"rows": 1', 'expected a JSON object'],
      ['{"row_count": 1}', 'expected at least one of bytes, sha256, rows, totals'],
      ['{"totals": {"weight": 1}}', 'has a total of weight, and the feed customer_rating has no such column'],
    ] as const) {
      workspace.write(`inbox/${file}.manifest.json`, manifest);
      expect((await workspace.run()).loads).toMatchObject([
        { outcome: 'failed', code: 'manifest_invalid', message: expect.stringContaining(message) },
      ]);
    }
  });
});

describe('companions that a killed run has left', () => {
  const on = shared();

  test('go when the archive has them; others wait for their file', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    const beside = { '.done': 'done', '.sha256': `${sha256(ratings(3))}\n`, '.manifest.json': '{"rows":3}' };
    const write = () => {
      for (const [ending, content] of Object.entries(beside))
        workspace.write(`inbox/${file}${ending}`, content);
    };
    workspace.write(`inbox/${file}`, ratings(3));
    write();
    await workspace.run();
    write();
    expect(await workspace.run()).toMatchObject({ waiting: [], errors: [] });
    expect(inboxOf(workspace)).toEqual([]);
    workspace.write(`inbox/${file}.manifest.json`, '{"rows":4}');
    expect(await workspace.run()).toMatchObject({
      waiting: [{ file: `${file}.manifest.json`, message: 'the file that it belongs to is not there' }],
    });
  });
});

describe('the archive is packed', () => {
  const on = shared();
  const archived = (file: string) =>
    on.workspace.list('archive/customer_rating/2026-11-19').filter((name) => name.startsWith(file));
  const large = ratings(6000);

  test('after the reports, is verified as before, and is read by hand as it was delivered', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    workspace.write(`inbox/${file}`, large);
    const small = named(on.agency());
    workspace.write(`inbox/${small}`, ratings(3));
    expect(await workspace.run()).toMatchObject({ errors: [], loads: [{}, {}] });
    const place = `customer_rating/2026-11-19/${file}.gz`;
    expect(archived(file)).toEqual([`${file}.gz`, `${file}.gz.sha256`, `${file}.sha256`]);
    expect(archived(small)).toEqual([small, `${small}.sha256`]);
    expect(
      await workspace.query(
        'select sha256, size_bytes, archived_as, archived_packed_at is not null as archived_packed from tally.deliveries where agency = $1',
        [agency],
      ),
    ).toEqual([
      { sha256: sha256(large), size_bytes: String(large.length), archived_as: place, archived_packed: true },
    ]);
    const verified = await workspace.tally(['verify', '--rows', '--agency', agency, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject([{ outcome: 'verified' }]);
    expect(await workspace.load(`archive/${place}`)).toMatchObject({ outcome: 'skipped', code: 'known' });
    expect(await workspace.load(`archive/${place}`, { force: true })).toMatchObject({
      outcome: 'loaded',
      sha256: sha256(large),
      file,
    });
    expect(workspace.list('.tally').filter((name) => name.startsWith('incoming/'))).toEqual([]);
    // The same content comes again, and a run packs it again to the same.
    workspace.write(`inbox/${file}`, large);
    expect((await workspace.run()).loads).toMatchObject([{ code: 'known' }]);
    expect(
      await workspace.query(
        'select archived_as from tally.deliveries where archived_packed_at is not null and agency = $1',
        [agency],
      ),
    ).toEqual([{ archived_as: place }]);
    expect(existsSync(join(workspace.folder, `archive/customer_rating/2026-11-19/${file}`))).toBe(false);
  });

  test('not where it is switched off, and later when it is switched on', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    workspace.write(`inbox/${file}`, large);
    await workspace.run({ TALLY_ARCHIVE_COMPRESS: 'off' });
    expect(archived(file)).toEqual([file, `${file}.sha256`]);
    await workspace.run();
    expect(archived(file)).toContain(`${file}.gz`);
  });

  test('a plain file that a killed run has left beside the packed one goes with the next run', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    workspace.write(`inbox/${file}`, large);
    await workspace.run();
    workspace.write(`archive/customer_rating/2026-11-19/${file}`, large);
    await workspace.run();
    expect(archived(file)).toEqual([`${file}.gz`, `${file}.gz.sha256`, `${file}.sha256`]);
  });

  test('what two agencies have delivered alike lies there once, for both', async () => {
    const { workspace } = on;
    const agencies = [on.agency(), on.agency()];
    const feed = workspace.read('feeds/customer_rating.yaml');
    workspace.write(
      'feeds/customer_rating.yaml',
      feed.replace('files:', "files:\n  - '{agency}/ratings.csv'"),
    );
    for (const agency of agencies) workspace.write(`inbox/${agency}/ratings.csv`, large);
    expect(await workspace.run()).toMatchObject({ errors: [], loads: [{}, {}] });
    const places = 'select distinct archived_as from tally.deliveries where agency = any ($1)';
    expect(await workspace.query(places, [agencies])).toEqual([
      { archived_as: expect.stringMatching(/\/ratings\.csv\.gz$/) },
    ]);
    for (const agency of agencies) {
      const verified = await workspace.tally(['verify', '--agency', agency, '--json']);
      expect(JSON.parse(verified.stdout)).toMatchObject([{ outcome: 'verified' }]);
    }
  });

  test('a file that was touched in the archive is not packed, and told', async () => {
    const { workspace } = on;
    const agency = on.agency();
    const file = named(agency);
    workspace.write(`inbox/${file}`, large);
    await workspace.run({ TALLY_ARCHIVE_COMPRESS: 'off' });
    workspace.write(`archive/customer_rating/2026-11-19/${file}`, `${large}7,7,7,x\n`);
    expect((await workspace.run()).errors).toMatchObject([
      { code: 'file_changed', message: expect.stringContaining('It was not packed') },
    ]);
    expect(archived(file)).toEqual([file, `${file}.sha256`]);
    rmSync(join(workspace.folder, `archive/customer_rating/2026-11-19/${file}`));
    expect(await workspace.run()).toMatchObject({ errors: [] });
  });
});

describe('deliveries on S3', () => {
  let bucket: Bucket;
  beforeAll(async () => void (bucket = await startS3('night')));
  afterAll(() => bucket.close());

  const large = ratings(6000);
  const on = shared();
  async function night(prefix: string, settings: Record<string, string>) {
    const { workspace } = on;
    const agency = on.agency();
    const [file, other] = [named(agency), named(on.agency())];
    const env: Record<string, string> = {
      ...bucket.env,
      TALLY_INBOX: `${bucket.url}/${prefix}`,
      ...settings,
    };
    const list = async () => (await bucket.list()).filter((key) => key.startsWith(`${prefix}/`));
    return { workspace, agency, file, other, env, list };
  }

  test('are loaded, archived, verified and loaded again from there', async () => {
    const archive = `${bucket.url}/one/kept`;
    const { workspace, agency, file, other, env, list } = await night('one', { TALLY_ARCHIVE: archive });
    await bucket.put(`one/${file}`, large);
    await bucket.put(`one/${file}.manifest.json`, '{"rows": 6000, "totals": {"customer_rating": 60000}}');
    await bucket.put(`one/${other}`, ratings(3));
    await bucket.put('one/readme.txt', 'none');
    const ran = await workspace.tally(['run', '--json'], { env });
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      loads: [{ outcome: 'loaded' }, { outcome: 'loaded' }],
      unmatched: ['readme.txt'],
      errors: [],
    });
    expect(await rowsOf(workspace, agency)).toBe(6000);
    const day = 'one/kept/customer_rating/2026-11-19';
    expect(await list()).toEqual([
      `${day}/${file}.gz`,
      `${day}/${file}.gz.sha256`,
      `${day}/${file}.manifest.json`,
      `${day}/${file}.sha256`,
      `${day}/${other}`,
      `${day}/${other}.sha256`,
      'one/readme.txt',
    ]);
    expect(workspace.list('.tally').filter((name) => name.startsWith('incoming/'))).toEqual([]);

    const verified = await workspace.tally(['verify', '--json'], { env });
    expect(JSON.parse(verified.stdout)).toMatchObject([{ outcome: 'verified' }, { outcome: 'verified' }]);
    const url = `${archive}/customer_rating/2026-11-19/${file}.gz`;
    const again = await workspace.tally(['load', url, '--force', '--json'], { env });
    expect(JSON.parse(again.stdout)).toMatchObject([{ outcome: 'loaded', sha256: sha256(large), file }]);
  });

  test('go to a folder, if that is the archive; and come from a folder, if that is the inbox', async () => {
    const { workspace, file, other, env, list } = await night('two', {});
    await bucket.put(`two/${file}`, ratings(3));
    await bucket.put(`two/${file}.done`, '');
    expect((await workspace.tally(['run'], { env })).code).toBe(0);
    expect(await list()).toEqual([]);
    expect(
      workspace.list('archive/customer_rating/2026-11-19').filter((name) => name.startsWith(file)),
    ).toEqual([file, `${file}.done`, `${file}.sha256`]);

    const turned = { ...env, TALLY_INBOX: 'inbox', TALLY_ARCHIVE: `${bucket.url}/two` };
    workspace.write(`inbox/${other}`, ratings(3));
    expect((await workspace.tally(['run'], { env: turned })).code).toBe(0);
    expect(inboxOf(workspace)).toEqual([]);
    expect(await list()).toHaveLength(2);
  });

  test('stay with a tag, if asked', async () => {
    const { workspace, agency, file, env } = await night('three', { TALLY_S3_DONE: 'tag' });
    await bucket.put(`three/${file}`, ratings(3));
    expect((await workspace.tally(['run'], { env })).code).toBe(0);
    expect(Object.keys(await bucket.tags(`three/${file}`))).toEqual(['tally-done']);
    const again = JSON.parse((await workspace.tally(['run', '--json'], { env })).stdout);
    expect(again).toMatchObject({ loads: [], errors: [] });
    const verified = await workspace.tally(['verify', '--agency', agency, '--json'], { env });
    expect(JSON.parse(verified.stdout)).toMatchObject([{ outcome: 'verified' }]);
  });

  test('that cannot be reached or may not be read are one clear error, without a secret', async () => {
    const { workspace, env } = await night('four', {});
    const gone = await workspace.tally(['run'], { env: { ...env, TALLY_INBOX: 's3://nowhere/x' } });
    expect(gone.code).toBe(1);
    expect(gone.stdout + gone.stderr).toContain('There is no bucket nowhere.');
    const silent = { ...env, TALLY_S3_ENDPOINT: 'http://127.0.0.1:1' };
    const unreachable = await workspace.tally(['run', '--json'], { env: silent });
    expect(unreachable.code).toBe(1);
    expect(JSON.parse(unreachable.stdout)).toMatchObject({ errors: [{ code: 's3_unreachable' }] });
    for (const { stdout, stderr } of [gone, unreachable])
      expect(stdout + stderr + workspace.read('.tally/tally.log')).not.toContain(env.AWS_SECRET_ACCESS_KEY);
  });

  test('are fetched on when the connection breaks off', async () => {
    const { workspace, file, env } = await night('five', {});
    await bucket.put(`five/${file}`, large);
    bucket.cutOff.push(10_000, 20_000);
    bucket.asked.length = 0;
    const ran = JSON.parse((await workspace.tally(['run', '--json'], { env })).stdout);
    expect(ran).toMatchObject({ loads: [{ outcome: 'loaded', rows_read: 6000 }] });
    expect(bucket.asked.filter((each) => each === `GET five/${file}`)).toHaveLength(3);
  });
});
