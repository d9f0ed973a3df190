import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import type { MqttDestination } from '../destinations.js';
import type { Log } from '../../log.js';
import { bodyOf } from '../body.js';
import { down, wordsOf } from '../down.js';
import { limited } from '../limited.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';
import { fillTemplate } from '../template.js';
import { tlsOptions } from '../tls.js';

/** Reason codes of MQTT 5 that are about this message, whenever it is sent. */
const POISON = [0x90, 0x95, 0x99];
/** A broker of MQTT 5 may say how many it takes at once; one of 3.1.1 cannot. */
const MOST_AT_ONCE = 1000;
const FAREWELL_MS = 1000;

/** MQTT 5 or 3.1.1 with QoS 1: a message is confirmed by its PUBACK. */
export async function openMqtt(destination: MqttDestination, log: Log): Promise<Publisher> {
  const { url, version, tls, timeout_seconds: seconds } = destination;
  const client = mqtt.connect(url, {
    clientId: `tallyhouse-${randomUUID().slice(0, 13)}`,
    protocolVersion: version === 5 ? 5 : 4,
    clean: true,
    // What is sent again is decided by the outbox, not by the library.
    reconnectPeriod: 0,
    connectTimeout: seconds * 1000,
    ...(tls ? tlsOptions(tls) : {}),
  });
  let trouble: Error | undefined;
  client.on('error', (error) => {
    trouble = error;
    log.debug('mqtt', { destination: destination.name, error: destination.redact(String(error)) });
  });
  const lost = new Promise<Outcome>((resolve) => {
    client.once('close', () => {
      resolve({
        is: 'lost',
        why: destination.redact(wordsOf(trouble ?? 'the broker closed the connection')),
      });
    });
  });
  const limit = await connected(client, lost, seconds).catch((error: unknown) => {
    client.end(true);
    throw down(destination, trouble ?? error);
  });
  return publisherOn(client, destination, lost, limit);
}

/** Tells how many messages the broker takes at once. */
async function connected(client: MqttClient, lost: Promise<Outcome>, seconds: number): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      new Promise<number>((resolve) => {
        client.once('connect', (answer) =>
          resolve(Math.min(MOST_AT_ONCE, answer.properties?.receiveMaximum ?? MOST_AT_ONCE)),
        );
      }),
      lost.then((outcome): never => {
        throw new Error('why' in outcome ? outcome.why : '');
      }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer for ${seconds} s`)), seconds * 1000);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function publisherOn(
  client: MqttClient,
  destination: MqttDestination,
  lost: Promise<Outcome>,
  limit: number,
): Publisher {
  const hasEnvelope = destination.envelope ?? destination.version !== 5;
  let isLost = false;
  void lost.then(() => (isLost = true));

  const send = async (message: Message): Promise<Outcome> => {
    if (isLost) return lost;
    const topic = fillTemplate(destination.topic, message);
    if (Buffer.byteLength(topic) > 65535)
      return { is: 'refused', poison: true, why: 'its topic is longer than MQTT takes' };
    const sent = client
      .publishAsync(topic, bodyOf(message, hasEnvelope), {
        qos: 1,
        retain: destination.retain,
        ...(destination.version === 5 ? { properties: propertiesOf(message) } : {}),
      })
      .then(() => CONFIRMED)
      .catch((error: unknown) => (isLost ? lost : refusal(error, destination)));
    return Promise.race([sent, lost]);
  };

  return {
    publish: (messages) => limited(limit, messages, send),
    async close() {
      // By force where something is on its way: it must not be sent again behind our back.
      const isForced = isLost || Object.keys(client.outgoing).length > 0;
      await Promise.race([
        new Promise<void>((resolve) => client.end(isForced, {}, () => resolve())),
        sleep(FAREWELL_MS, undefined, { ref: false }),
      ]);
      client.end(true);
    },
  };
}

function propertiesOf({ id, agency, type, subject, createdAt }: Message) {
  return {
    contentType: 'application/json',
    payloadFormatIndicator: true,
    userProperties: { message_id: id, agency, type, subject, created_at: createdAt.toISOString() },
  };
}

function refusal(error: unknown, { redact }: MqttDestination): Outcome {
  const { code } = error as { code?: number };
  const why = redact(wordsOf(error));
  if (typeof code !== 'number') return { is: 'lost', why };
  return { is: 'refused', poison: POISON.includes(code), why };
}
