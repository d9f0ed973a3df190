import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import winston from 'winston';
import { bodyOf } from '../../src/messages/body.js';
import type { Destination } from '../../src/messages/destinations.js';
import type { Message } from '../../src/messages/publisher.js';
import { openPublisher } from '../../src/messages/publishers/open.js';
import {
  createMosquitto,
  createRabbitMq,
  freePort,
  withMosquitto,
  withRabbitMq,
  type Broker,
} from '../setup/brokers.js';
import { messageOf } from './publishers/one.js';
import { fauxSqs, type Place } from './publishers/places.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(`${ROOT}/docs/messages.md`, 'utf8');

const codeOf = (kind: string) =>
  new RegExp(`### ${kind}\\n[\\s\\S]*?\`\`\`js\\n([\\s\\S]*?)\`\`\``).exec(PAGE)![1]!;

const message = messageOf();
const other = { ...message, id: randomUUID(), subject: 'C-2' };

let brokers: Broker[] = [];
let place: Place | undefined;
let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill('SIGKILL');
  await Promise.all(brokers.map((broker) => broker.remove()));
  await place?.close();
  [brokers, place, child] = [[], undefined, undefined];
}, 60_000);

/** The example as it stands on the page, and the lines that it prints. */
function run(kind: string, env: Record<string, string>) {
  const started = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', codeOf(kind)], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child = started;
  const lines: string[] = [];
  createInterface({ input: started.stdout }).on('line', (line) => lines.push(line));
  return { lines, stdin: started.stdin };
}

const common = { name: 'place', timeout_seconds: 5, redact: (text: string) => text };

/** Sends both, and the first again: until both were confirmed, because the example may still be about to listen. */
async function sendTwice(destination: object): Promise<void> {
  for (let tried = 0; tried < 200; tried++) {
    try {
      const publisher = await openPublisher(
        { ...common, ...destination } as Destination,
        winston.createLogger({ silent: true }),
      );
      const send = async (each: Message) =>
        (await Promise.all(publisher.publish([each])))[0]!.is === 'confirmed';
      const areSent = (await send(message)) && (await send(other)) && (await send(message));
      await publisher.close();
      if (areSent) return;
    } catch {
      // Not there yet.
    }
    await sleep(50);
  }
  throw new Error('the example does not listen');
}

async function expectBoth(lines: string[]): Promise<void> {
  for (let asked = 0; asked < 400 && lines.length < 2; asked++) await sleep(25);
  expect(lines).toEqual(['C-1', 'C-2'].map((subject) => `agency_a ${subject} ${message.document}`));
}

withRabbitMq(
  'AMQP',
  async () => {
    const broker = await createRabbitMq();
    brokers.push(broker);
    await broker.start();
    const { lines } = run('AMQP', { AMQP_URL: broker.url });
    await sendTwice({
      kind: 'amqp',
      url: broker.url,
      exchange: 'tallyhouse',
      routing_key: '{agency}.{type}',
      envelope: false,
    });
    await expectBoth(lines);
  },
  60_000,
);

withMosquitto(
  'MQTT',
  async () => {
    const broker = await createMosquitto();
    brokers.push(broker);
    await broker.start();
    const { lines } = run('MQTT', { MQTT_URL: broker.url });
    // Retained, because MQTT does not say whether anybody listens yet; each on a topic of its own.
    const topic = 'tallyhouse/{agency}/{type}/';
    const destination = { kind: 'mqtt', url: broker.url, version: 5, retain: true };
    for (const each of [message, other, message]) {
      const publisher = await openPublisher(
        { ...common, ...destination, topic: topic + each.subject } as unknown as Destination,
        winston.createLogger({ silent: true }),
      );
      await Promise.all(publisher.publish([each]));
      await publisher.close();
    }
    for (let asked = 0; asked < 400 && lines.length < 2; asked++) await sleep(25);
    expect([...lines].sort()).toEqual(
      ['C-1', 'C-2'].map((subject) => `agency_a ${subject} ${message.document}`),
    );
  },
  60_000,
);

test('SQS', async () => {
  place = await fauxSqs('example.fifo');
  const destination = place.destination() as Destination & { url: string; endpoint: string };
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  const { lines } = run('SQS', {
    SQS_URL: destination.url,
    SQS_ENDPOINT: destination.endpoint,
    ...credentials,
  });
  await sendTwice(destination);
  await expectBoth(lines);
}, 60_000);

test('Webhook', async () => {
  const port = await freePort();
  const { lines } = run('Webhook', { PORT: String(port) });
  await sendTwice({
    kind: 'webhook',
    url: `http://127.0.0.1:${port}/`,
    headers: {},
    concurrency: 8,
    envelope: false,
  });
  await expectBoth(lines);
}, 60_000);

test('Standard output', async () => {
  const { lines, stdin } = run('Standard output', {});
  for (const each of [message, other, message]) stdin.write(`${bodyOf(each, true)}\n`);
  await expectBoth(lines);
});

test('the messages on the page are as their schema says', () => {
  const schema = JSON.parse(readFileSync(`${ROOT}/docs/messages.schema.json`, 'utf8')) as object;
  const ajv = new Ajv();
  addFormats.default(ajv);
  const isMessage = ajv.compile(schema);
  const shown = /## What is sent[\s\S]*?```json\n([\s\S]*?)```/.exec(PAGE)![1]!.trim().split('\n');
  expect(shown).toHaveLength(3);
  for (const line of shown) expect([line, isMessage(JSON.parse(line))]).toEqual([line, true]);
  expect(isMessage(JSON.parse(bodyOf(message, true)))).toBe(true);
  expect(isMessage({ type: 'customer_message' })).toBe(false);
});
