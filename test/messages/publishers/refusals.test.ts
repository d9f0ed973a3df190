import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Destination } from '../../../src/messages/destinations.js';
import type { Message } from '../../../src/messages/publisher.js';
import {
  createMosquitto,
  createRabbitMq,
  withMosquitto,
  withRabbitMq,
  type Broker,
} from '../../setup/brokers.js';
import { notOpen, sendOne } from './one.js';
import { amqpPlace, httpServer, type Place } from './places.js';

/** What a place says of what it does not take, in words that a person can act on. */

describe('RabbitMQ', () => {
  let broker: Broker;
  let place: Place;
  const as = (who: string, rest = '', given: Partial<Destination> = {}) =>
    place.destination({
      url: `amqp://${who}@127.0.0.1:${broker.port}${rest}`,
      ...given,
    } as Partial<Destination>);

  beforeAll(async () => {
    if (withRabbitMq === test.skip) return;
    const own = { vhost: '/', configure: '^$', read: '^$' };
    broker = await createRabbitMq({
      settings: ['load_definitions = FOLDER/definitions.json'],
      files: {
        'definitions.json': JSON.stringify({
          vhosts: [{ name: '/' }],
          users: ['guest', 'writer', 'reader', 'narrow'].map((name) => ({
            name,
            password: name === 'guest' ? 'guest' : 'open-sesame',
            tags: '',
          })),
          permissions: [
            { user: 'guest', vhost: '/', configure: '.*', write: '.*', read: '.*' },
            { ...own, user: 'writer', write: '^tally-test$' },
            { ...own, user: 'reader', write: '^$' },
            { ...own, user: 'narrow', write: '^tally-test$' },
          ],
          topic_permissions: [
            { user: 'narrow', vhost: '/', exchange: 'tally-test', write: '^agency_b\\.', read: '.*' },
          ],
          exchanges: [
            {
              name: 'fan',
              vhost: '/',
              type: 'fanout',
              durable: true,
              auto_delete: false,
              internal: false,
              arguments: {},
            },
          ],
        }),
      },
    });
    await broker.start();
    place = await amqpPlace(broker);
  }, 60_000);
  afterAll(async () => {
    await place?.close();
    await broker?.remove();
  }, 60_000);

  withRabbitMq.each<[string, () => Destination, Partial<Message>, object]>([
    [
      'a password that is wrong',
      () => as('guest:wrong'),
      {},
      notOpen(/^The destination place \(amqp\) cannot be reached: ACCESS_REFUSED - Login was refused/),
    ],
    ['no such vhost', () => as('guest:guest', '/nowhere'), {}, notOpen(/vhost nowhere not found/)],
    [
      'an exchange of another type',
      () => as('guest:guest', '', { exchange: 'fan' }),
      {},
      notOpen(/received 'topic' but current is 'fanout'/),
    ],
    ['one may publish and not declare', () => as('writer:open-sesame'), {}, { is: 'confirmed' }],
    [
      'the same where the exchange is missing',
      () => as('writer:open-sesame', '', { exchange: 'other' }),
      {},
      notOpen(/no exchange 'other' in vhost/),
    ],
    [
      'one may not publish',
      () => as('reader:open-sesame'),
      {},
      { is: 'lost', why: expect.stringMatching(/access to exchange 'tally-test' in vhost '\/' refused/) },
    ],
    [
      'one may not publish with this routing key',
      () => as('narrow:open-sesame'),
      {},
      { is: 'lost', why: expect.stringMatching(/access to topic 'agency_a.customer_message' .* refused/) },
    ],
    [
      'no queue takes it',
      () => as('guest:guest'),
      { agency: 'agency_b' },
      {
        is: 'refused',
        poison: false,
        why: 'no queue is bound to tally-test for agency_b.customer_message (NO_ROUTE)',
      },
    ],
  ])('%s', async (_, destination, given, outcome) => {
    expect(await sendOne(destination(), given)).toEqual(outcome);
  });
});

describe('Mosquitto', () => {
  let broker: Broker;
  const to = (who: string, given: object = {}): Destination =>
    ({
      name: 'place',
      kind: 'mqtt',
      url: `mqtt://${who}@127.0.0.1:${broker.port}`,
      version: 5,
      topic: '{agency}/{type}',
      retain: false,
      timeout_seconds: 5,
      redact: (text: string) => text,
      ...given,
    }) as unknown as Destination;

  beforeAll(async () => {
    if (withMosquitto === test.skip) return;
    broker = await createMosquitto({
      settings: ['allow_anonymous false', 'password_file FOLDER/passwords', 'acl_file FOLDER/acl'],
      files: { passwords: passwordLine('writer', 'open-sesame'), acl: 'user writer\ntopic write agency_a/#' },
    });
    await broker.start();
  }, 60_000);
  afterAll(() => broker?.remove(), 60_000);

  withMosquitto.each<[string, () => Destination, object]>([
    ['a password that is right', () => to('writer:open-sesame'), { is: 'confirmed' }],
    ['a password that is wrong', () => to('writer:wrong'), notOpen(/Connection refused: Not authorized/)],
    [
      'the same with MQTT 3.1.1',
      () => to('writer:wrong', { version: '3.1.1' }),
      notOpen(/Connection refused: Not authorized/),
    ],
    [
      'a topic that is not allowed',
      () => to('writer:open-sesame', { topic: 'other/{type}' }),
      { is: 'refused', poison: false, why: expect.stringMatching(/Not authorized/) },
    ],
    [
      'the same with MQTT 3.1.1, which has no word for it',
      () => to('writer:open-sesame', { topic: 'other/{type}', version: '3.1.1' }),
      { is: 'confirmed' },
    ],
  ])('%s', async (_, destination, outcome) => {
    expect(await sendOne(destination())).toEqual(outcome);
  });
});

describe('a webhook', () => {
  let place: Place;
  beforeAll(async () => void (place = await httpServer()));
  afterAll(() => place.close());

  test.each([
    [
      'a header that HTTP does not take',
      { headers: { authorization: 'Bearer open-sesame\n' } },
      notOpen(/Invalid character in header content \["authorization"\]/),
    ],
    [
      'a certificate that is none',
      { url: 'https://127.0.0.1:9/', tls: { ca: fileURLToPath(import.meta.url) } },
      { is: 'down', why: expect.stringMatching(/./) },
    ],
  ])('%s', async (_, given, outcome) => {
    expect(await sendOne(place.destination(given as Partial<Destination>))).toEqual(outcome);
  });
});

/** As mosquitto_passwd writes it. */
function passwordLine(user: string, password: string): string {
  const [salt, rounds] = [randomBytes(12), 101];
  const digest = pbkdf2Sync(password, salt, rounds, 64, 'sha512');
  return `${user}:$7$${rounds}$${salt.toString('base64')}$${digest.toString('base64')}`;
}
