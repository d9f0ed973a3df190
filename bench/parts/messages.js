import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '../data.js';
import { median, ratio, timedAside } from '../measure.js';
import { openPlaces } from '../places.js';

export const about =
  '--rows customers are told to each kind of destination, then the 1 % of them that changed: `tally messages publish` as a whole process. Beside it a bare publisher, which sends as many documents from memory: the same library, as many on their way at once, no books kept.';

export const defaults = { rows: 100_000, times: 1 };

const BARE = fileURLToPath(new URL('../bare.js', import.meta.url));
/** Gets nothing. Whoever sends to it fills the outbox of all. */
const NOBODY = 'nobody: { kind: webhook, url: "http://127.0.0.1:9/", agencies: [agency_b] }';
/** Loads send nothing: when it is sent is for us to say. */
const LATER = { TALLY_MESSAGES_SECONDS: '0' };

export async function measure(server, { rows, times }, tell) {
  const { customers, orders, changed } = files(server.data, rows);
  const load = (feed, file) =>
    server.tally(['load', file, '--feed', feed, '--agency', 'agency_a', '--force'], LATER);
  load('customers', customers);
  for await (const place of openPlaces()) {
    const seconds = { fill: [], send: [], bare: [], changed: [] };
    const publish = (to) => server.tallyAside(['messages', 'publish', '--destination', to], place.settings);
    let peak = 0;
    for (let round = 0; round <= times; round++) {
      declare(server);
      load('orders', orders);
      server.psql('truncate tally.outbox, tally.sent_messages, tally.destinations');
      declare(server, place);
      server.takePeak();
      const fill = await publish('nobody');
      const send = await publish('place');
      peak = Math.max(peak, server.takePeak());
      await expectArrived(place, rows);
      const bare = await timedAside(process.execPath, [BARE, place.kind, String(rows)], {
        env: { PATH: process.env.PATH, ...place.settings },
      });
      await expectArrived(place, rows);
      declare(server);
      load('orders', changed);
      declare(server, place);
      const anew = await publish('place');
      await expectArrived(place, Math.ceil(rows / 100));
      // The first round warms the caches.
      if (round === 0) continue;
      for (const [what, took] of Object.entries({ fill, send, bare, changed: anew }))
        seconds[what].push(took);
    }
    tell({
      name: place.name,
      messages: rows,
      fill_s: median(seconds.fill),
      send_s: median(seconds.send),
      messages_a_second: Math.round(rows / median(seconds.send)),
      bare_s: median(seconds.bare),
      ratio: ratio(seconds.send, seconds.bare),
      changed_1_percent_s: median(seconds.changed),
      peak_MB: peak,
    });
  }
}

/** Every customer has an order; in the second edition one in a hundred has another. */
function files(folder, rows) {
  const customer = (i) => `C-${1_000_000 + i}`;
  const order = (i) => `${i},${customer(i < rows ? i : (i - rows) * 100)},paid,${1_760_000_000 + i}`;
  const header = 'order_reference,customer_reference,order_status,order_timestamp';
  const ordersOf = (count) => generate(`${folder}/told-orders-${count}.csv`, count, header, order);
  return {
    customers: generate(
      `${folder}/told-customers-${rows}.csv`,
      rows,
      'customer_reference,name',
      (i) => `${customer(i)},Customer ${i}`,
    ),
    orders: ordersOf(rows),
    changed: ordersOf(rows + Math.ceil(rows / 100)),
  };
}

/** Without a place nobody is told anything, and what changes stays to be told. */
function declare({ workspace }, place) {
  const lines = place ? [NOBODY, `place: ${place.declared}`] : [];
  writeFileSync(
    join(workspace, 'destinations.yaml'),
    `destinations:\n${lines.map((line) => `  ${line}\n`).join('')}`,
  );
}

/** Where the place can say it. */
async function expectArrived(place, count) {
  const arrived = await place.arrived?.();
  if (arrived !== undefined && arrived !== count)
    throw new Error(`${place.name} has got ${arrived} messages instead of ${count}`);
}
