import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ObjectStore, placeOf } from '../../src/inbox/s3-store.js';
import { startS3, type Bucket } from './s3.js';

const folder = mkdtempSync(join(tmpdir(), 'tally-objects-'));
let bucket: Bucket;
beforeAll(async () => void (bucket = await startS3()));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bucket.close();
});

describe('an object', () => {
  test('that is large goes up in parts, and is one object', async () => {
    const MIB = 1024 ** 2;
    const store = new ObjectStore(bucket.settings, { from: MIB, bytes: 5 * MIB });
    const path = join(folder, 'large');
    const bytes = Buffer.alloc(7 * MIB + 3, 'tallyhouse ');
    writeFileSync(path, bytes);
    bucket.asked.length = 0;
    const place = placeOf(`${bucket.url}/large file.csv`);
    await store.putFile(place, path, bytes.length);
    expect(bucket.asked).toEqual([
      'POST large file.csv',
      'PUT large file.csv',
      'PUT large file.csv',
      'POST large file.csv',
    ]);
    expect((await buffer(await store.get(place, undefined))).equals(bytes)).toBe(true);
  });

  test('is listed beyond the first thousand', async () => {
    const store = new ObjectStore(bucket.settings);
    for (let i = 0; i < 1003; i += 59) {
      const keys = Array.from({ length: 59 }, (_, j) => `many/${i + j}`);
      await Promise.all(keys.map((key) => bucket.put(key, '')));
    }
    let count = 0;
    for await (const { key } of store.list(placeOf(`${bucket.url}/many/`))) if (key) count++;
    expect(count).toBe(1003);
  });

  test('that another has taken the place of is neither read nor removed', async () => {
    const store = new ObjectStore(bucket.settings);
    const place = placeOf(`${bucket.url}/orders.csv`);
    await bucket.put('orders.csv', 'first');
    const first = (await store.head(place))!.etag;
    await bucket.put('orders.csv', 'second');
    await expect(store.get(place, first)).rejects.toMatchObject({ code: 'file_changed' });
    await store.remove(place, first);
    expect((await bucket.read('orders.csv')).toString()).toBe('second');
  });
});
