import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createMosquitto,
  createRabbitMq,
  withMosquitto,
  withRabbitMq,
  type Broker,
} from '../setup/brokers.js';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { amqpPlace, fauxSqs, mqttPlace, type Heard, type Place } from '../messages/publishers/places.js';
import { isLong, naming, randomOf, SEED, spread } from './points.js';
import { startProxy, type Proxy, type Side } from './proxy.js';

/** How often the process is killed on its way; in the long form, 50 times for each broker. */
const killsOf = (name: string) => (isLong ? 50 : name === 'SQS' ? 1 : 4);
const CUSTOMERS = 200;

interface Kind {
  name: string;
  testThere: typeof test;
  /** Whether it is a process of its own, which can be killed and started again. */
  hasProcess: boolean;
  create(): Promise<{ place: Place; broker?: Broker }>;
  yaml(place: Place, port: number): string;
}

const KINDS: Kind[] = [
  {
    name: 'RabbitMQ',
    testThere: withRabbitMq,
    hasProcess: true,
    async create() {
      const broker = await createRabbitMq();
      await broker.start();
      return { broker, place: await amqpPlace(broker) };
    },
    yaml: (_, port) => `{ kind: amqp, url: "amqp://guest:\${WORD}@127.0.0.1:${port}", exchange: tally-test }`,
  },
  {
    name: 'Mosquitto',
    testThere: withMosquitto,
    hasProcess: true,
    async create() {
      const broker = await createMosquitto();
      await broker.start();
      return { broker, place: await mqttPlace(broker, 5) };
    },
    yaml: (_, port) =>
      `{ kind: mqtt, url: "mqtt://127.0.0.1:${port}", topic: "t/{agency}/{type}/{customer_reference}" }`,
  },
  {
    name: 'SQS',
    testThere: test,
    hasProcess: false,
    create: async () => ({ place: await fauxSqs('kills.fifo') }),
    yaml(place, port) {
      const { url } = place.destination() as { url?: string };
      return `{ kind: sqs, url: "${url}", endpoint: "http://127.0.0.1:${port}", region: us-east-1, access_key_id: test, secret_access_key: "\${WORD}" }`;
    },
  },
];

/** Messages of these views are what SQL makes of them: the number of the edition is in each. */
const VIEWS = `
  drop view if exists customer_message, error_message cascade;
  create table public.edition (number integer);
  insert into edition values (0);
  create view public.customer_message as
    select 'agency_a' as agency, 'C-' || n as customer_reference,
      jsonb_build_object('type', 'customer_message', 'customer_reference', 'C-' || n, 'order_count', number,
        'total_price', 0) as message
    from generate_series(1, ${CUSTOMERS}) as n, edition;
  create view public.error_message as
    select 'agency_a' as agency, 'C-' || n as customer_reference, 'O-' || number as order_reference,
      jsonb_build_object('type', 'error_message', 'customer_reference', 'C-' || n, 'order_reference', 'O-' || number,
        'message', 'not found') as message
    from generate_series(1, ${CUSTOMERS / 10}) as n, edition`;

describe.each(KINDS)('messages for $name', ({ name, testThere, hasProcess, create, yaml }) => {
  const kills = killsOf(name);
  let place: Place;
  let broker: Broker | undefined;
  let proxy: Proxy;
  let port: number;
  let workspace: Workspace;
  let edition = 0;

  beforeAll(async () => {
    if (testThere === test.skip) return;
    ({ place, broker } = (await create()) as { place: Place; broker?: Broker });
    proxy = await startProxy();
    port = Number(new URL(proxy.url(`tcp://127.0.0.1:${place.port}`)).port);
    workspace = await createWorkspace();
    workspace.write('destinations.yaml', `destinations:\n  bus: ${yaml(place, port)}\n`);
    await workspace.query(VIEWS);
  }, 60_000);

  afterAll(async () => {
    await place?.close().catch(() => {});
    await proxy?.close();
    await broker?.remove();
  }, 60_000);

  afterEach(() => void place?.heard.splice(0));

  const start = () =>
    workspace.start(['messages', 'publish', '--compare-all', '--json'], { env: { WORD: word() } });
  const word = () => (place.destination().kind === 'amqp' ? 'guest' : 'open-sesame');
  /** Another content of every message, and of the errors before none is left. */
  const change = () => workspace.query('update edition set number = $1', [++edition]);
  const waiting = async () => Number((await workspace.query('select count(*) from tally.outbox'))[0]!.count);

  /** Until a command says that nothing waits. */
  async function publishAll(): Promise<void> {
    for (let tried = 0; tried < 20; tried++) {
      const ran = await finished(start());
      expect(ran.stderr).not.toMatch(/^\s+at /m);
      expect(ran.stdout + ran.stderr).not.toContain('open-sesame');
      if (ran.code === 0 && (await waiting()) === 0) return;
      await sleep(200);
    }
    throw new Error('messages still wait');
  }

  /**
   * What a consumer knows that drops repeats: exactly what is true, each thing told once, and of each customer nothing
   * older after something newer.
   */
  async function expectComplete(): Promise<{ repeats: number }> {
    const wanted = CUSTOMERS + CUSTOMERS / 10;
    let known = stateOf(place.heard);
    for (let asked = 0; asked < 1000 && (known.current < wanted || known.outdated > 0); asked++) {
      const before = place.heard.length;
      await place.listen();
      if (place.heard.length === before) await sleep(10);
      known = stateOf(place.heard);
    }
    expect(known).toMatchObject({ current: wanted, outdated: 0, outOfOrder: [] });
    return { repeats: place.heard.length - new Set(place.heard.map(({ id }) => id)).size };
  }

  function stateOf(heard: Heard[]) {
    const last = new Map<string, Heard>();
    const seen = new Set<string>();
    const editions = new Map<string, number>();
    const outOfOrder: string[] = [];
    for (const message of heard) {
      if (seen.has(message.id)) continue;
      seen.add(message.id);
      const key = `${message.type === 'customer_message' ? 'customer' : 'error'} ${message.subject}`;
      if (message.type === 'error_resolved_message') last.delete(key);
      else last.set(key, message);
      if (message.type !== 'customer_message') continue;
      const number = numberOf(message);
      if (number < (editions.get(key) ?? 0)) outOfOrder.push(message.body);
      editions.set(key, number);
    }
    const all = [...last.values()];
    return {
      current: all.filter((message) => numberOf(message) === edition).length,
      outdated: all.filter((message) => numberOf(message) !== edition).length,
      outOfOrder,
    };
  }

  testThere(
    `the process killed ${kills} times while it sends`,
    async () => {
      await change();
      proxy.arm(undefined);
      await publishAll();
      const clean = { ...proxy.passed };
      await expectComplete();
      const random = randomOf(SEED + 5);
      const half = Math.ceil(kills / 2);
      const points = [
        ...spread(half, clean.up, random).map((bytes) => ({ side: 'up' as Side, bytes })),
        ...spread(kills - half, clean.down, random).map((bytes) => ({ side: 'down' as Side, bytes })),
      ];
      let killed = 0;
      let repeats = 0;
      for (const [i, point] of points.entries()) {
        await naming(i + 1, point, clean, async () => {
          await change();
          const child = start();
          proxy.arm(point, async () => {
            killed++;
            child.kill('SIGKILL');
            return 'cut';
          });
          await finished(child);
          // Half of the time the world goes on before what was killed could be sent again.
          if (i % 2 === 0) await change();
          await publishAll();
          ({ repeats } = await expectComplete());
        });
      }
      process.stdout.write(
        `SIGKILL while it sends: ${killed} of ${kills} points reached, ${repeats} repeats (seed ${SEED})\n`,
      );
      expect(killed).toBeGreaterThan(kills / 2);
    },
    20 * 60_000,
  );

  testThere(
    'the connection closed on the way',
    async () => {
      await change();
      proxy.arm({ side: 'down', bytes: 3000 }, async () => 'cut');
      await publishAll();
      await expectComplete();
    },
    120_000,
  );

  if (hasProcess) {
    testThere(
      'the broker killed and started again',
      async () => {
        await change();
        proxy.arm({ side: 'up', bytes: 10_000 }, async () => {
          await broker!.kill();
          return 'go on';
        });
        const ran = await finished(start());
        expect({ code: ran.code, stdout: ran.stdout }).toEqual({
          code: 1,
          stdout: expect.stringContaining('cannot be reached'),
        });
        expect(await waiting()).toBeGreaterThan(0);
        await broker!.start();
        await publishAll();
        await expectComplete();
      },
      120_000,
    );
  }
});

/** The edition that a message is of. */
function numberOf({ body }: Heard): number {
  const { order_count: count, order_reference: order } = JSON.parse(body) as {
    order_count?: number;
    order_reference?: string;
  };
  return count ?? Number(order!.slice(2));
}
