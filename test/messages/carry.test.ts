import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import winston from 'winston';
import { carryOut } from '../../src/messages/carry.js';
import type { Destination } from '../../src/messages/destinations.js';
import { listDestinations, listParked, retryMessages } from '../../src/messages/status.js';
import { connectTo } from '../../src/warehouse/connect.js';
import { startProxy } from '../faults/proxy.js';
import { freePort } from '../setup/brokers.js';
import { createFacts, type Facts } from './facts.js';
import { httpServer, type Place } from './publishers/places.js';

const log = winston.createLogger({ silent: true });

let facts: Facts;
let place: Place;
let answers: (body: string) => number | undefined;
let now: Date;
beforeEach(async () => {
  facts = await createFacts();
  answers = () => undefined;
  place = await httpServer((body) => answers(body));
  now = new Date('2026-11-21T03:00:00Z');
});
afterEach(async () => {
  await facts.client.end();
  await place.close();
});

const clock = { now: () => now };
const later = (seconds: number) => (now = new Date(now.getTime() + seconds * 1000));

async function carry(destination: Destination, signal = new AbortController().signal) {
  const client = await connectTo(facts.url, 'test');
  try {
    return await carryOut({ client, clock, log }, destination, signal);
  } finally {
    await client.end();
  }
}
const counts = async () => (await listDestinations(facts.client, [place.destination()]))[0];
const customers = () =>
  place.heard.map(({ body }) => (JSON.parse(body) as { customer_reference: string }).customer_reference);

test('everything that waits goes, and is settled', async () => {
  await facts.are({ ann: 1, ben: 2 }, [{ customer: 'ann', order: '7' }]);
  await facts.fill([place.destination()]);
  expect(await carry(place.destination())).toEqual({
    destination: 'place',
    sent: 3,
    refused: 0,
    parked: 0,
    down: null,
    busy: false,
  });
  expect(place.heard).toHaveLength(3);
  expect(await facts.query('select * from tally.outbox')).toEqual([]);
  expect(await facts.query('select destination, sent from tally.destinations')).toEqual([
    { destination: 'place', sent: '3' },
  ]);
});

describe('a message that is refused', () => {
  test('is tried again later and later, and parked at last; a retry lets it go', async () => {
    answers = (body) => (body.includes('ben') ? 500 : undefined);
    const destination = place.destination({ tries: 3, retry_seconds: 60 });
    await facts.are({ ann: 1, ben: 2, cid: 3 });
    await facts.fill([destination]);
    expect(await carry(destination)).toMatchObject({ sent: 2, refused: 1, parked: 0 });
    expect(await counts()).toMatchObject({
      waiting: 1,
      down_since: null,
      next_try_at: new Date('2026-11-21T03:01:00Z'),
      last_error: 'it answered 500: said the server',
    });
    expect(await carry(destination)).toMatchObject({ sent: 0, refused: 0 });
    later(60);
    expect(await carry(destination)).toMatchObject({ refused: 1 });
    later(119);
    expect(await carry(destination)).toMatchObject({ refused: 0 });
    later(1);
    expect(await carry(destination)).toMatchObject({ refused: 0, parked: 1 });
    later(100_000);
    expect(await carry(destination)).toMatchObject({ sent: 0, refused: 0, parked: 0 });
    expect(await listParked(facts.client, 'place', 10)).toMatchObject([
      { customer_reference: 'ben', tries: 3, last_error: 'it answered 500: said the server' },
    ]);
    expect(await counts()).toMatchObject({ waiting: 0, parked: 1, sent: 2 });

    answers = () => undefined;
    expect(await retryMessages(facts.client, { destination: 'place' })).toBe(1);
    expect(await carry(destination)).toMatchObject({ sent: 1 });
    expect(customers()).toEqual(['ann', 'cid', 'ben']);
  });

  test('for what it is, is parked at once', async () => {
    answers = () => 422;
    await facts.are({ ann: 1 });
    await facts.fill([place.destination()]);
    expect(await carry(place.destination())).toMatchObject({ sent: 0, refused: 0, parked: 1 });
  });

  test('holds up those behind it in its lane, and no others', async () => {
    answers = (body) => (body.includes('"7"') ? 500 : undefined);
    const destination = place.destination({ tries: 9, retry_seconds: 60 });
    const errors = ['7', '8', '9'].map((order) => ({ customer: 'eve', order }));
    await facts.are({ ann: 1 }, errors);
    await facts.fill([destination]);
    // Which of eve's errors is first is for the outbox to say.
    const [first] = await facts.query<{ order: string }>(
      `select document::jsonb ->> 'order_reference' as order from tally.outbox where lane = 'eve' order by outbox_id limit 1`,
    );
    answers = (body) => (body.includes(`"${first!.order}"`) ? 500 : undefined);
    expect(await carry(destination)).toMatchObject({ sent: 1, refused: 1 });
    expect(customers()).toEqual(['ann']);
    answers = () => undefined;
    expect(await carry(destination)).toMatchObject({ sent: 0 });
    later(60);
    expect(await carry(destination)).toMatchObject({ sent: 3 });
    expect(JSON.parse(place.heard[1]!.body)).toMatchObject({ order_reference: first!.order });
  });
});

describe('a destination that is down', () => {
  test('is told, holds nothing against its messages, and gets them when it is back', async () => {
    const destination = place.destination({ tries: 1 }, await freePort());
    await facts.are({ ann: 1 });
    await facts.fill([destination]);
    for (let time = 0; time < 3; time++) {
      expect((await carry(destination)).down).toMatch(/cannot be reached: .*ECONNREFUSED/);
      later(3600);
    }
    expect(await counts()).toMatchObject({
      waiting: 1,
      parked: 0,
      down_since: new Date('2026-11-21T03:00:00Z'),
    });
    expect(await carry(place.destination())).toMatchObject({ sent: 1, down: null });
    expect(await counts()).toMatchObject({ waiting: 0, sent: 1, down_since: null, last_error: null });
  });

  test('answers that are about the place are not held against a message', async () => {
    answers = () => 503;
    await facts.are({ ann: 1, ben: 1 });
    await facts.fill([place.destination({ tries: 1 })]);
    expect((await carry(place.destination({ tries: 1 }))).down).toMatch(/it answered 503/);
    expect(await counts()).toMatchObject({ waiting: 2, parked: 0 });
  });

  test('one that goes down after the first messages holds nothing against those that it left behind', async () => {
    let heard = 0;
    answers = () => (++heard > 20 ? 503 : undefined);
    const destination = place.destination({ tries: 1 });
    await facts.are(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`C-${i}`, i])));
    await facts.fill([destination]);
    expect(await carry(destination)).toMatchObject({
      sent: 20,
      refused: 0,
      parked: 0,
      down: expect.stringContaining('503'),
    });
    // Nobody is asked hundreds of times to hear that.
    expect(heard).toBeLessThan(40);
  });

  test('so does one that answers nobody any more, after the first messages', async () => {
    const proxy = await startProxy();
    const port = Number(new URL(proxy.url(`tcp://127.0.0.1:${place.port}`)).port);
    const destination = place.destination({ tries: 1, concurrency: 1 }, port);
    await facts.are(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`C-${i}`, i])));
    await facts.fill([destination]);
    const cut = (): void => proxy.arm({ side: 'down', bytes: 1 }, async () => (cut(), 'cut'));
    proxy.arm({ side: 'down', bytes: 2000 }, async () => (cut(), 'cut'));
    const carried = await carry(destination);
    await proxy.close();
    expect(carried).toMatchObject({
      refused: 0,
      parked: 0,
      down: expect.stringContaining('cannot be reached'),
    });
    expect(carried.sent).toBeGreaterThan(1);
  });

  test('one that does not answer is given up after its time', async () => {
    const proxy = await startProxy();
    const port = Number(new URL(proxy.url(`tcp://127.0.0.1:${place.port}`)).port);
    const destination = place.destination({ timeout_seconds: 0.2 }, port);
    await facts.are({ ann: 1, ben: 1 });
    await facts.fill([destination]);
    let release: () => void = () => {};
    proxy.arm({ side: 'up', bytes: 1 }, () => new Promise((resolve) => (release = () => resolve('cut'))));
    const first = carry(destination);
    expect(await first).toMatchObject({ down: null, sent: 2 });
    release();
    await proxy.close();
  });
});

test('one message that breaks the connection is found and parked; all others arrive', async () => {
  // A server that cannot stand one of them.
  const proxy = await startProxy();
  const port = Number(new URL(proxy.url(`tcp://127.0.0.1:${place.port}`)).port);
  const destination = place.destination({ tries: 2, concurrency: 1 }, port);
  const cut = (): void => proxy.arm({ side: 'up', text: 'C-13' }, async () => (cut(), 'cut'));
  await facts.are(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`C-${i + 10}`, i])));
  await facts.fill([destination]);
  cut();
  const first = await carry(destination);
  later(3600);
  const second = await carry(destination);
  await proxy.close();
  expect([first.down, second.down]).toEqual([null, null]);
  expect(first.sent + second.sent).toBe(29);
  expect(new Set(customers()).size).toBe(29);
  expect(await listParked(facts.client, 'place', 10)).toMatchObject([{ customer_reference: 'C-13' }]);
});

test('two commands at once: one of them sends, and the order stays', async () => {
  await facts.are(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`C-${i}`, i])));
  await facts.fill([place.destination()]);
  const both = await Promise.all([carry(place.destination()), carry(place.destination())]);
  expect(both.map(({ sent }) => sent).sort((a, b) => a - b)).toEqual([0, 200]);
  expect(place.heard).toHaveLength(200);
});

test('who loses the database while it sends stops: somebody else may be sending by now', async () => {
  let heard = 0;
  answers = () => {
    if (++heard === 10)
      void facts.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    return undefined;
  };
  await facts.are(Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`C-${i}`, i])));
  const destination = place.destination({ concurrency: 1 });
  await facts.fill([destination]);
  await expect(carry(destination)).rejects.toThrow();
  expect(place.heard.length).toBeLessThan(900);
  expect(await carry(destination)).toMatchObject({ sent: 900 });
  expect(new Set(customers()).size).toBe(900);
});

test('a signal stops it, and what was not sent waits', async () => {
  const stop = new AbortController();
  answers = () => (stop.abort(), undefined);
  await facts.are(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`C-${i}`, i])));
  const destination = place.destination({ concurrency: 1 });
  await facts.fill([destination]);
  const { sent, down } = await carry(destination, stop.signal);
  expect(sent).toBeLessThan(50);
  expect(down).toBeNull();
  expect(await carry(destination)).toMatchObject({ down: null });
  expect(new Set(customers()).size).toBe(50);
});
