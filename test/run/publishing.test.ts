import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import type { Carried } from '../../src/messages/carry.js';
import { loadDestinations } from '../../src/messages/destinations.js';
import { keepPublishing } from '../../src/run/publishing.js';
import { httpServer, type Place } from '../messages/publishers/places.js';
import { freePort } from '../setup/brokers.js';
import { createWorkspace } from '../setup/workspace.js';

const places: Place[] = [];
afterEach(() => Promise.all(places.splice(0).map((place) => place.close())));

const until = async (isSo: () => boolean) => {
  for (let asked = 0; asked < 1000 && !isSo(); asked++) await sleep(20);
  expect(isSo()).toBe(true);
};

test('what a run has put into the outbox is sent as it comes; a destination that is down waits by itself; a signal ends it', async () => {
  const workspace = await createWorkspace();
  const place = await httpServer();
  places.push(place);
  const destinations = [
    place.destination({ name: 'crm' }),
    place.destination({ name: 'gone' }, await freePort()),
  ];
  const told: Carried[] = [];
  const stop = new AbortController();
  const publishing = keepPublishing(
    {
      config: workspace.config({ TALLY_LOG_LEVEL: 'off' }),
      clock: systemClock,
      destinations,
      tell: (carried) => told.push(carried),
      lookMs: 20,
    },
    stop.signal,
  );
  // The run itself knows of no destination: its messages are due.
  workspace.write('inbox/customers_agency_a.csv', 'customer_reference\nC-1\nC-2\n');
  await workspace.run();
  await until(() => place.heard.length === 2);
  await until(() => told.some(({ destination, down }) => destination === 'gone' && down !== null));
  workspace.write('inbox/orders_agency_a.csv', 'order_reference,customer_reference\nO-1,C-2\n');
  await workspace.run();
  await until(() => place.heard.length === 3);
  expect(JSON.parse(place.heard[2]!.body)).toMatchObject({ customer_reference: 'C-2', order_count: 1 });
  stop.abort();
  await publishing;
  expect(
    told.filter(({ destination }) => destination === 'crm').reduce((sum, { sent }) => sum + sent, 0),
  ).toBe(3);
});

test('two services and twenty runs that send too: in the end each subject is known as it is, and nothing older came after', async () => {
  const workspace = await createWorkspace();
  const place = await httpServer();
  places.push(place);
  workspace.write(
    'destinations.yaml',
    `destinations:\n  crm: { kind: webhook, url: "http://127.0.0.1:${place.port}/" }\n`,
  );
  const settings = { TALLY_LOG_LEVEL: 'off' };
  const config = workspace.config(settings);
  const destinations = loadDestinations(config);
  const stop = new AbortController();
  const services = [1, 2].map(() =>
    keepPublishing({ config, clock: systemClock, destinations, tell: () => {}, lookMs: 5 }, stop.signal),
  );
  const customers = Array.from({ length: 30 }, (_, i) => `C-${i}`);
  workspace.write('inbox/customers_agency_a.csv', `customer_reference\n${customers.join('\n')}\n`);
  const runs = 20;
  for (let run = 1; run <= runs; run++) {
    // One order more for each of them, and another one of somebody who is not known.
    const orders = Array.from({ length: run }, (_, i) =>
      customers.map((each) => `O-${i}-${each},${each}\n`).join(''),
    );
    workspace.write(
      'inbox/orders_agency_a.csv',
      `order_reference,customer_reference\n${orders.join('')}X-${run},nobody\n`,
    );
    expect((await workspace.run(settings)).errors).toEqual([]);
  }
  const waiting = async () => Number((await workspace.query('select count(*) from tally.outbox'))[0]!.count);
  for (let asked = 0; asked < 1000 && (await waiting()) > 0; asked++) await sleep(20);
  stop.abort();
  await Promise.all(services);
  expect(await waiting()).toBe(0);

  const counts = new Map<string, number[]>();
  const errors = new Set<string>();
  const seen = new Set<string>();
  for (const { id, subject, body } of place.heard) {
    if (seen.has(id)) continue;
    seen.add(id);
    const {
      type,
      order_count: count,
      order_reference: order,
    } = JSON.parse(body) as Record<string, string | number>;
    if (type === 'customer_message') counts.set(subject, [...(counts.get(subject) ?? []), Number(count)]);
    else if (type === 'error_message') errors.add(String(order));
    else errors.delete(String(order));
  }
  expect([...counts.keys()].sort()).toEqual([...customers].sort());
  for (const heard of counts.values()) {
    expect(heard.at(-1)).toBe(runs);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
  }
  expect([...errors]).toEqual([`X-${runs}`]);
}, 120_000);
