import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import type { Carried } from '../../src/messages/carry.js';
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
