import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Kept } from '../../src/inbox/archive.js';
import { FolderArchive } from '../../src/inbox/folder-archive.js';

const root = mkdtempSync(join(tmpdir(), 'tally-archive-'));
const copies = { newPath: () => Promise.resolve(join(folder, 'copy')) };
let folder: string;
let count = 0;

beforeEach(() => {
  folder = join(root, String(++count));
  mkdirSync(join(folder, 'inbox'), { recursive: true });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');

function deliver(name: string, content: string) {
  const path = join(folder, 'inbox', name);
  writeFileSync(path, content);
  return {
    path,
    name: basename(path),
    feed: 'orders',
    businessDate: '2024-03-05',
    size: content.length,
    sha256: sha256Of(content),
    companions: [] as { ending: string; bytes: Buffer }[],
  };
}

/** Gives the place that was recorded. */
async function put(file: ReturnType<typeof deliver>, how: 'move' | 'copy' = 'move'): Promise<string> {
  const kept: Kept[] = [];
  await new FolderArchive(join(folder, 'archive'), copies).put(file, how, async (each) => kept.push(each));
  expect(kept).toEqual([{ place: expect.any(String), packed: false }]);
  return kept[0]!.place;
}
const read = (path: string) => readFileSync(join(folder, 'archive', path), 'utf8');

describe('an archive in a folder', () => {
  test('moves a delivery to its feed and day, with its checksum as sha256sum reads it', async () => {
    const file = deliver('orders.csv', 'a,b\n');
    expect(await put(file)).toBe('orders/2024-03-05/orders.csv');
    expect(existsSync(file.path)).toBe(false);
    expect(read('orders/2024-03-05/orders.csv')).toBe('a,b\n');
    expect(read('orders/2024-03-05/orders.csv.sha256')).toBe(`${file.sha256}  orders.csv\n`);
  });

  test('copies one from elsewhere, which stays, with the time that it had', async () => {
    const file = deliver('orders.csv', 'a');
    utimesSync(file.path, new Date('2020-02-02'), new Date('2020-02-02'));
    await put(file, 'copy');
    expect(existsSync(file.path)).toBe(true);
    expect(statSync(join(folder, 'archive/orders/2024-03-05/orders.csv')).mtime).toEqual(
      new Date('2020-02-02'),
    );
  });

  test('the same name with another content loses neither', async () => {
    await put(deliver('orders.csv', 'first'));
    const second = deliver('orders.csv', 'second');
    const place = await put(second);
    expect(place).toBe(`orders/2024-03-05/orders~${second.sha256.slice(0, 8)}.csv`);
    expect([read('orders/2024-03-05/orders.csv'), read(place)]).toEqual(['first', 'second']);
  });

  test('two contents of one name that are put away at the same moment are both kept', async () => {
    const names = ['agency_a', 'agency_b', 'agency_c', 'agency_d'];
    const files = names.map((name) => {
      mkdirSync(join(folder, 'inbox', name));
      return deliver(`${name}/orders.csv`, name);
    });
    const places = await Promise.all(files.map((file) => put(file)));
    expect(places.map(read)).toEqual(names);
    for (const [i, place] of places.entries()) expect(read(`${place}.sha256`)).toContain(files[i]!.sha256);
  });

  test('of a packed file both endings stay, because they say how it is read', async () => {
    await put(deliver('orders.csv.gz', 'first'));
    const second = deliver('orders.csv.gz', 'second');
    expect(await put(second)).toBe(`orders/2024-03-05/orders~${second.sha256.slice(0, 8)}.csv.gz`);
  });

  test('the same name with the same content is there once', async () => {
    await put(deliver('orders.csv', 'same'));
    expect(await put(deliver('orders.csv', 'same'))).toBe('orders/2024-03-05/orders.csv');
    expect(readdirSync(join(folder, 'archive/orders/2024-03-05'))).toEqual([
      'orders.csv',
      'orders.csv.sha256',
    ]);
  });

  test('of a link the content is kept: put elsewhere, the link would lead nowhere', async () => {
    const file = deliver('real.csv', 'content');
    symlinkSync('real.csv', join(folder, 'inbox', 'link.csv'));
    await put({ ...file, path: join(folder, 'inbox', 'link.csv'), name: 'link.csv' });
    expect(lstatSync(join(folder, 'archive/orders/2024-03-05/link.csv')).isFile()).toBe(true);
    expect(read('orders/2024-03-05/link.csv')).toBe('content');
    expect(readdirSync(join(folder, 'inbox'))).toEqual(['real.csv']);
  });

  test('a name with a line break is escaped in the checksum file as sha256sum does', async () => {
    const file = deliver('line\nbreak\\.csv', 'a');
    await put(file);
    expect(read('orders/2024-03-05/line\nbreak\\.csv.sha256')).toBe(
      `\\${file.sha256}  line\\nbreak\\\\.csv\n`,
    );
  });

  test('an archive that cannot be written leaves the delivery where it is', async () => {
    const file = deliver('orders.csv', 'a');
    writeFileSync(join(folder, 'archive'), 'a file is in the way');
    await expect(put(file)).rejects.toMatchObject({
      code: 'output_unwritable',
      message: expect.stringContaining('orders.csv was loaded but could not be archived'),
    });
    expect(readFileSync(file.path, 'utf8')).toBe('a');
  });

  test('a copy that fails leaves no half of a file', async () => {
    const file = deliver('orders.csv', 'a');
    rmSync(file.path);
    await expect(put(file, 'copy')).rejects.toMatchObject({ code: 'output_unwritable' });
    expect(readdirSync(join(folder, 'archive/orders/2024-03-05'))).toEqual(['orders.csv.sha256']);
  });
});
