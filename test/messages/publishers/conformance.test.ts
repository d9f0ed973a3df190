import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import winston from 'winston';
import type { Message, Publisher } from '../../../src/messages/publisher.js';
import { openPublisher } from '../../../src/messages/publishers/open.js';
import { startProxy, type Proxy } from '../../faults/proxy.js';
import { freePort, withMosquitto, withRabbitMq } from '../../setup/brokers.js';
import { fauxSqs, httpServer, mosquitto, rabbitMq, removeBrokers, type Heard, type Place } from './places.js';
import { ownStdout } from './stdout.js';

/** What every publisher must do, whatever it speaks. */

const log = winston.createLogger({ silent: true });

const KINDS: [string, typeof test, () => Promise<Place>][] = [
  ['amqp', withRabbitMq, rabbitMq],
  ['mqtt 5', withMosquitto, () => mosquitto(5)],
  ['mqtt 3.1.1', withMosquitto, () => mosquitto('3.1.1')],
  ['sqs', test, () => fauxSqs('standard')],
  ['sqs fifo', test, () => fauxSqs('ordered.fifo')],
  ['webhook', test, () => httpServer()],
  ['stdout', test, ownStdout],
];

let numbered = 0;
function messages(count: number, given: (i: number) => Partial<Message> = () => ({})): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const n = ++numbered;
    const document = JSON.stringify({
      type: 'customer_message',
      customer_reference: `C-${n}`,
      order_count: n,
    });
    return {
      id: randomUUID(),
      agency: 'agency_a',
      type: 'customer_message',
      subject: `C-${n}`,
      customerReference: `C-${n}`,
      lane: `C-${n}`,
      document,
      createdAt: new Date('2026-11-21T03:00:00Z'),
      ...given(i),
    };
  });
}

const asHeard = ({ id, agency, type, subject, document }: Message): Heard => ({
  id,
  agency,
  type,
  subject,
  body: document,
});
const byId = (heard: Heard[]) => [...heard].sort((a, b) => (a.id < b.id ? -1 : 1));

describe.each(KINDS)('%s', (_, testThere, create) => {
  let place: Place | undefined;
  let publisher: Publisher | undefined;

  beforeAll(async () => {
    if (testThere !== test.skip) place = await create();
  }, 60_000);
  afterAll(async () => {
    await place?.close();
    await removeBrokers();
  }, 60_000);
  beforeEach(() => void place?.heard.splice(0));
  afterEach(async () => {
    await publisher?.close();
    publisher = undefined;
  });

  /** Until so many have come. */
  async function hear(count: number): Promise<Heard[]> {
    for (let asked = 0; asked < 400 && place!.heard.length < count; asked++) {
      await place!.listen();
      if (place!.heard.length < count) await sleep(20);
    }
    return place!.heard;
  }

  testThere('what is confirmed has arrived, once, byte for byte, and says what it is', async () => {
    publisher = await openPublisher(place!.destination(), log);
    const sent = messages(25);
    expect(await Promise.all(publisher.publish(sent))).toEqual(sent.map(() => ({ is: 'confirmed' })));
    expect(byId(await hear(sent.length))).toEqual(byId(sent.map(asHeard)));
  });

  testThere('texts of all the world, and decimals, stay what they are', async () => {
    publisher = await openPublisher(place!.destination(), log);
    const odd = { customerReference: 'a/b.+#*c d', subject: 'Zoë “7” 日本', lane: 'Zoë “7” 日本' };
    const document =
      '{"type": "customer_message", "customer_reference": "Zoë\\n日本", "total_price": 12345678901234567.10}';
    const sent = messages(1, () => ({ ...odd, document }));
    expect(await Promise.all(publisher.publish(sent))).toEqual([{ is: 'confirmed' }]);
    expect(await hear(1)).toEqual(sent.map(asHeard));
  });

  testThere('what is sent after an answer arrives after it', async () => {
    publisher = await openPublisher(place!.destination(), log);
    const sent = messages(8, () => ({ lane: 'one', customerReference: 'one' }));
    for (const message of sent) await Promise.all(publisher.publish([message]));
    expect((await hear(sent.length)).map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
  });

  testThere('a place that is not there is told, without its secrets', async () => {
    if (place!.port === undefined) return;
    const nowhere = place!.destination({}, await freePort());
    const failure = await openPublisher(nowhere, log).then(
      // A webhook connects when it is used.
      async (opened) => {
        const [outcome] = await Promise.all(opened.publish(messages(1)));
        await opened.close();
        return outcome;
      },
      (error: unknown) => error,
    );
    expect([failure]).toEqual([
      (failure as { is?: string }).is
        ? { is: 'down', why: expect.stringMatching(/ECONNREFUSED/) }
        : expect.objectContaining({ code: 'destination_down', message: expect.stringContaining('place') }),
    ]);
    expect(JSON.stringify(failure) + String(failure)).not.toContain('open-sesame');
  });

  testThere('what has not begun when it is closed never does, and every outcome comes', async () => {
    publisher = await openPublisher(place!.destination(), log);
    let isClosed = false;
    const outcomes = publisher
      .publish(messages(300))
      .map(async (each) => ({ outcome: (await each).is, isLate: isClosed }));
    await publisher.close();
    isClosed = true;
    const late = (await Promise.all(outcomes)).filter(({ isLate }) => isLate);
    expect(late.filter(({ outcome }) => outcome !== 'lost')).toEqual([]);
    const [after] = await Promise.all(publisher.publish(messages(1)));
    if (place!.port !== undefined) expect(after).toMatchObject({ is: 'lost' });
  });

  testThere(
    'a place that takes the connection and says nothing is not waited for when the signal comes',
    async () => {
      if (place!.port === undefined || place!.destination().kind === 'webhook') return;
      const sockets: Socket[] = [];
      const stop = new AbortController();
      const silent = createServer((socket) => {
        sockets.push(socket);
        stop.abort();
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const waiting = place!.destination({ timeout_seconds: 600 }, port);
      await expect(openPublisher(waiting, log, stop.signal)).rejects.toMatchObject({
        code: 'destination_down',
      });
      const late = place!.destination({ timeout_seconds: 0.1 }, port);
      await expect(openPublisher(late, log)).rejects.toMatchObject({
        message: expect.stringMatching(/no answer for 0.1 s/),
      });
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    },
  );

  testThere(
    'a connection that is cut on the way loses what was not answered, and nothing hangs',
    async () => {
      if (place!.port === undefined) return;
      const proxy: Proxy = await startProxy();
      try {
        const port = Number(new URL(proxy.url(`tcp://127.0.0.1:${place!.port}`)).port);
        publisher = await openPublisher(place!.destination({}, port), log);
        // The first word of an answer: so some may have arrived, and of none we know.
        proxy.arm({ side: 'down', bytes: 1 }, async () => 'cut');
        const outcomes = await Promise.all(publisher.publish(messages(5)));
        expect(outcomes.filter(({ is }) => is === 'lost').length).toBeGreaterThan(0);
        expect(outcomes.filter(({ is }) => is === 'refused')).toEqual([]);
      } finally {
        await publisher?.close();
        publisher = undefined;
        await proxy.close();
      }
    },
  );
});
