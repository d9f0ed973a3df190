import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openArchive, takeKept, type Archive, type Kept, type PutAway } from '../../src/inbox/archive.js';
import type { Copies } from '../../src/inbox/copies.js';
import { openInbox, readCompanions, type Inbox } from '../../src/inbox/inbox.js';
import { startS3, type Bucket } from './s3.js';

/** What every inbox and every archive must do, wherever it lies. */

const root = mkdtempSync(join(tmpdir(), 'tally-places-'));
let bucket: Bucket;
let folder: string;
let count = 0;

beforeAll(async () => void (bucket = await startS3()));
beforeEach(() => {
  folder = join(root, String(++count));
  mkdirSync(join(folder, 'inbox'), { recursive: true });
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await bucket.close();
});

const copies: Copies & { made: number } = {
  made: 0,
  newPath: () => Promise.resolve(join(folder, `copy${++copies.made}`)),
};
const sha256Of = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A place for files, as the tests see it. */
interface Ground {
  place(name: string): string;
  put(name: string, content: string | Buffer): Promise<void>;
  read(name: string): Promise<Buffer>;
  remove(name: string): Promise<void>;
  list(below: string): Promise<string[]>;
}

const grounds: Record<string, Ground> = {
  'a folder': {
    place: (name) => join(folder, name),
    put: async (name, content) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    },
    read: async (name) => readFileSync(join(folder, name)),
    remove: async (name) => rmSync(join(folder, name)),
    list: async (below) =>
      readdirSync(join(folder, below), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, below).length + 1))
        .sort(),
  },
  S3: {
    place: (name) => `${bucket.url}/${count}/${name}`,
    put: (name, content) => bucket.put(`${count}/${name}`, content),
    read: (name) => bucket.read(`${count}/${name}`),
    remove: (name) => bucket.remove(`${count}/${name}`),
    list: async (below) =>
      (await bucket.list())
        .filter((key) => key.startsWith(`${count}/${below}/`))
        .map((key) => key.slice(`${count}/${below}/`.length)),
  },
};

function configOf(ground: Ground, done: 'move' | 'tag' = 'move', archiveCompress = false) {
  return {
    inbox: ground.place('inbox'),
    archive: ground.place('archive'),
    archiveCompress,
    s3: { ...bucket.settings, done },
  };
}

describe.each(Object.keys(grounds))('an inbox in %s', (name) => {
  const ground = grounds[name]!;
  let inbox: Inbox;
  beforeEach(() => void (inbox = openInbox(configOf(ground))));
  const namesOf = async () =>
    (await inbox.list()).found.filter((each) => !each.isFolder).map((each) => each.name);

  test('lists what lies in it and below, and not what is hidden, half or a companion', async () => {
    for (const each of ['orders.csv', 'agency_a/march/items.csv', 'Zürich 東京 & "q".csv'])
      await ground.put(`inbox/${each}`, 'x');
    for (const each of ['.hidden.csv', 'a.csv.part', '.trash/b.csv', 'orders.csv.done', 'c.csv.sha256'])
      await ground.put(`inbox/${each}`, 'x');
    const { found, alone, errors } = await inbox.list();
    expect(errors).toEqual([]);
    expect((await namesOf()).sort()).toEqual([
      'Zürich 東京 & "q".csv',
      'agency_a/march/items.csv',
      'orders.csv',
    ]);
    expect(found.find((each) => each.name === 'orders.csv')).toMatchObject({
      path: ground.place('inbox/orders.csv'),
      companions: [{ name: 'orders.csv.done', kind: 'done' }],
    });
    expect(alone.map((each) => each.name)).toEqual(['c.csv.sha256']);
  });

  test('opens a file as a stream, as often as asked', async () => {
    const bytes = Buffer.alloc(300_000, 'Zürich\n');
    await ground.put('inbox/orders.csv', bytes);
    const [file] = (await inbox.list()).found;
    for (let i = 0; i < 2; i++) expect((await buffer(await inbox.open(file!))).equals(bytes)).toBe(true);
  });

  test('takes a file with its size and checksum', async () => {
    await ground.put('inbox/orders.csv', 'a,b\n');
    const [file] = (await inbox.list()).found;
    const taken = await inbox.take(file!, copies);
    expect(taken).toMatchObject({ size: 4, sha256: sha256Of('a,b\n') });
    expect(readFileSync(taken.path, 'utf8')).toBe('a,b\n');
    await taken.release();
  });

  test('says what is missing', async () => {
    await ground.put('inbox/orders.csv', 'a');
    const [file] = (await inbox.list()).found;
    await ground.remove('inbox/orders.csv');
    await expect(inbox.take(file!, copies)).rejects.toMatchObject({ code: 'file_missing' });
    await expect(inbox.open(file!)).rejects.toMatchObject({ code: 'file_missing' });
    expect(await inbox.find(file!.path)).toBeUndefined();
  });

  test('finds what someone names, with what lies beside it', async () => {
    await ground.put('inbox/below/orders.csv', 'a');
    await ground.put('inbox/below/orders.csv.manifest.json', '{"bytes":1}');
    const path = ground.place('inbox/below/orders.csv');
    expect(inbox.nameOf(path)).toBe('below/orders.csv');
    expect(inbox.nameOf(ground.place('elsewhere/orders.csv'))).toBeUndefined();
    const found = await inbox.find(path);
    expect(found).toMatchObject({ name: 'below/orders.csv', companions: [{ kind: 'manifest' }] });
    expect(await readCompanions(inbox, found!)).toMatchObject({
      companions: [{ ending: '.manifest.json', bytes: Buffer.from('{"bytes":1}') }],
      manifests: [{ bytes: 1 }],
    });
  });

  test('takes a file that is done out of the way, with what lies beside it', async () => {
    await ground.put('inbox/orders.csv', 'a');
    await ground.put('inbox/orders.csv.done', '');
    const [file] = (await inbox.list()).found;
    const taken = await inbox.take(file!, copies);
    const put: string[] = [];
    await inbox.done(
      file!,
      taken,
      async (how) => void put.push(how),
      () => Promise.resolve(),
    );
    expect(put).toEqual(['move']);
    await taken.release();
    expect(await ground.list('inbox')).toEqual([]);
    expect(await namesOf()).toEqual([]);
  });

  test('leaves alone what came under the same name since', async () => {
    await ground.put('inbox/orders.csv', 'first');
    const [file] = (await inbox.list()).found;
    const taken = await inbox.take(file!, copies);
    await ground.put('inbox/orders.csv', 'second');
    const put: string[] = [];
    await inbox.done(
      file!,
      taken,
      async (how) => void put.push(how),
      () => Promise.resolve(),
    );
    expect(put).toEqual([]);
    expect(await ground.read('inbox/orders.csv')).toEqual(Buffer.from('second'));
  });

  test('does not list its archive, should that lie in it', async () => {
    if (name === 'a folder') return;
    inbox = openInbox({ ...configOf(ground), archive: ground.place('inbox/archive') });
    await ground.put('inbox/archive/orders/2024-03-05/orders.csv', 'x');
    expect(await namesOf()).toEqual([]);
  });
});

describe.each(Object.keys(grounds))('an archive in %s', (name) => {
  const ground = grounds[name]!;
  const rows = 'number,text\n'.repeat(20_000);
  let archive: Archive;
  let kept: Kept[];
  beforeEach(() => {
    archive = openArchive(configOf(ground), copies);
    kept = [];
  });

  function file(content: string, more: Partial<PutAway> = {}): PutAway {
    const path = join(folder, `put${++copies.made}`);
    writeFileSync(path, content);
    const whose = { name: 'orders.csv', feed: 'orders', businessDate: '2024-03-05' };
    return { path, ...whose, size: content.length, sha256: sha256Of(content), companions: [], ...more };
  }
  const put = async (each: PutAway, to = archive) => {
    await to.put(each, 'copy', async (where) => void kept.push(where));
    return kept.at(-1)!;
  };
  const taken = async (where: Kept): Promise<string> => {
    const { path, sha256, release } = await archive.take(where);
    const text = readFileSync(path, 'utf8');
    expect(sha256).toBe(sha256Of(text));
    await release();
    return text;
  };

  test('keeps a file by feed and day, with its checksum and what came along', async () => {
    const companions = [{ ending: '.manifest.json', bytes: Buffer.from('{"rows":1}') }];
    const where = await put(file('a,b\n', { companions }));
    expect(where).toEqual({ place: 'orders/2024-03-05/orders.csv', packed: false });
    expect(await taken(where)).toBe('a,b\n');
    const place = 'archive/orders/2024-03-05/orders.csv';
    expect((await ground.read(`${place}.sha256`)).toString()).toBe(`${sha256Of('a,b\n')}  orders.csv\n`);
    expect(await archive.readCompanion(where, '.manifest.json')).toEqual(companions[0]!.bytes);
    expect(await archive.readCompanion(where, '.done')).toBeUndefined();
  });

  test('keeps each of several contents of one name, also of those that come at once', async () => {
    const contents = ['first', 'second', 'third'];
    await Promise.all(contents.map((content) => put(file(content))));
    expect(new Set(kept.map(({ place }) => place)).size).toBe(3);
    expect((await Promise.all(kept.map(taken))).sort()).toEqual([...contents].sort());
  });

  test('keeps the same content under the same name once', async () => {
    expect(await put(file('same'))).toEqual(await put(file('same')));
  });

  test('records the place before the file may be gone', async () => {
    const lost = new Error('the ledger is gone');
    const source = file('a,b\n');
    await expect(archive.put(source, 'move', () => Promise.reject(lost))).rejects.toThrow();
    expect(readFileSync(source.path, 'utf8')).toBe('a,b\n');
  });

  test('packs what is worth it, and gives it back as it was delivered', async () => {
    const packing = openArchive(configOf(ground, 'move', true), copies);
    const source = file(rows);
    let where = await put(source, packing);
    if (packing.later)
      await packing.later.pack(
        { place: where.place, sha256: source.sha256 },
        async (packed) => void (where = packed),
        new AbortController().signal,
      );
    expect(where).toEqual({ place: 'orders/2024-03-05/orders.csv.gz', packed: true });
    expect(await taken(where)).toBe(rows);
    const names = await ground.list('archive/orders/2024-03-05');
    expect(names).toEqual(['orders.csv.gz', 'orders.csv.gz.sha256', 'orders.csv.sha256']);
    const gz = await ground.read('archive/orders/2024-03-05/orders.csv.gz');
    expect(gz.length).toBeLessThan(rows.length / 10);
    const line = (await ground.read('archive/orders/2024-03-05/orders.csv.gz.sha256')).toString();
    expect(line).toBe(`${sha256Of(gz)}  orders.csv.gz\n`);
  });

  test('does not confuse what it packed with what was delivered packed', async () => {
    const packing = openArchive(configOf(ground, 'move', true), copies);
    const delivered = await put(file('delivered as gzip', { name: 'orders.csv.gz' }), packing);
    expect(delivered).toEqual({ place: 'orders/2024-03-05/orders.csv.gz', packed: false });
    const source = file(rows);
    let where = await put(source, packing);
    if (packing.later)
      await packing.later.pack(
        { place: where.place, sha256: source.sha256 },
        async (packed) => void (where = packed),
        new AbortController().signal,
      );
    expect(where.place).toMatch(/^orders\/2024-03-05\/orders~[0-9a-f]{8}\.csv\.gz$/);
    expect(await taken(delivered)).toBe('delivered as gzip');
    expect(await taken(where)).toBe(rows);
  });

  test('removes a file with what lies beside it, and nothing else; twice is fine', async () => {
    const packing = openArchive(configOf(ground, 'move', true), copies);
    const companions = [{ ending: '.manifest.json', bytes: Buffer.from('{"rows":1}') }];
    const plain = await put(file('a,b\n', { companions }));
    const source = file(rows, { name: 'packed.csv', companions });
    let packed = await put(source, packing);
    if (packing.later)
      await packing.later.pack(
        { place: packed.place, sha256: source.sha256 },
        async (where) => void (packed = where),
        new AbortController().signal,
      );
    const other = await put(file('another', { name: 'orders.csv' }));
    for (const where of [plain, packed, packed]) await archive.remove(where);
    const name = other.place.replace('orders/2024-03-05/', '');
    expect(await ground.list('archive/orders/2024-03-05')).toEqual([name, `${name}.sha256`]);
    expect(await taken(other)).toBe('another');
    await archive.remove(other);
    // Its name is free again.
    expect(await put(file('new'))).toEqual(plain);
  });

  test('says what is missing', async () => {
    await expect(archive.take({ place: 'orders/2024-03-05/x.csv', packed: false })).rejects.toMatchObject({
      code: 'file_missing',
    });
  });
});

describe('an object that was loaded', () => {
  const ground = grounds.S3!;

  test('is tagged, where it is to stay, and listed again when another comes under its name', async () => {
    const config = configOf(ground, 'tag');
    const inbox = openInbox(config);
    await ground.put('inbox/orders.csv', 'first');
    await ground.put('inbox/orders.csv.done', '');
    const [file] = (await inbox.list()).found;
    const taken = await inbox.take(file!, copies);
    const kept: Kept[] = [];
    await inbox.done(
      file!,
      taken,
      () => Promise.reject(new Error('moved')),
      async (each) => kept.push(each),
    );
    await taken.release();
    expect(kept).toEqual([{ place: ground.place('inbox/orders.csv'), packed: false }]);
    expect(await inbox.list()).toMatchObject({ found: [], alone: [], errors: [] });

    const again = await takeKept(config, copies, kept[0]!);
    expect(readFileSync(again.path, 'utf8')).toBe('first');
    await again.release();

    await ground.put('inbox/orders.csv', 'second');
    expect((await inbox.list()).found.map((each) => each.name)).toEqual(['orders.csv']);
  });

  test('is copied by the server, not sent back and forth, and may be exchanged meanwhile', async () => {
    const [inbox, archive] = [openInbox(configOf(ground)), openArchive(configOf(ground), copies)];
    await ground.put('inbox/a b+c.csv', 'first');
    const [file] = (await inbox.list()).found;
    const taken = await inbox.take(file!, copies);
    const whose = { name: 'a b+c.csv', feed: 'orders', businessDate: '2024-03-05' };
    const away: PutAway = { ...taken, ...whose, companions: [] };
    await inbox.done(
      file!,
      taken,
      (how, object) => archive.put({ ...away, ...(object ? { object } : {}) }, how, () => Promise.resolve()),
      () => Promise.resolve(),
    );
    expect((await ground.read('archive/orders/2024-03-05/a b+c.csv')).toString()).toBe('first');
    expect(await ground.list('inbox')).toEqual([]);
  });
});
