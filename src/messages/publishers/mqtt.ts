import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type IConnackPacket, type MqttClient } from 'mqtt';
import type { MqttDestination } from '../destinations.js';
import type { Log } from '../../log.js';
import { bodyOf } from '../body.js';
import { wordsOf } from '../down.js';
import { limited } from '../limited.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';
import { fillTemplate } from '../template.js';
import { tlsOptions } from '../tls.js';
import { orAborted } from '../../until.js';
import { HUNG_UP, Wire } from '../wire.js';

/** Reason codes of MQTT 5 that are about this message, whenever it is sent. */
const POISON = [0x90, 0x95, 0x99];
/** A broker of MQTT 5 may say how many it takes at once; one of 3.1.1 cannot. */
const MOST_AT_ONCE = 1000;
const FAREWELL_MS = 1000;

/** MQTT 5 or 3.1.1 with QoS 1: a message is confirmed by its PUBACK. */
export async function openMqtt(
  destination: MqttDestination,
  log: Log,
  signal: AbortSignal,
): Promise<Publisher> {
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
  const wire = new Wire();
  const failed = new Promise<never>((_, reject) => {
    client.once('close', () => {
      const why = trouble ?? new Error('the broker closed the connection');
      wire.cut({ is: 'lost', why: destination.redact(wordsOf(why)) });
      reject(why);
    });
  });
  // Once it is open, the wire tells who is underway.
  failed.catch(() => {});
  try {
    const limit = await orAborted(signal, Promise.race([connected(client), failed]));
    return publisherOn(client, wire, destination, limit);
  } catch (error) {
    client.end(true);
    throw error;
  }
}

/** Tells how many messages the broker takes at once. */
async function connected(client: MqttClient): Promise<number> {
  const { properties } = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve));
  return Math.min(MOST_AT_ONCE, properties?.receiveMaximum ?? MOST_AT_ONCE);
}

function publisherOn(client: MqttClient, wire: Wire, destination: MqttDestination, limit: number): Publisher {
  const hasEnvelope = destination.envelope ?? destination.version !== 5;

  const send = async (message: Message): Promise<Outcome> => {
    const topic = fillTemplate(destination.topic, message);
    if (Buffer.byteLength(topic) > 65535)
      return { is: 'refused', poison: true, why: 'its topic is longer than MQTT takes' };
    try {
      await client.publishAsync(topic, bodyOf(message, hasEnvelope), {
        qos: 1,
        retain: destination.retain,
        ...(destination.version === 5 ? { properties: propertiesOf(message) } : {}),
      });
      return CONFIRMED;
    } catch (error) {
      return outcomeOf(error, destination);
    }
  };

  return {
    publish: (messages) => limited(limit, messages, (message) => wire.send(() => send(message))),
    async close() {
      // By force where something is on its way: it must not be sent again behind our back.
      const isForced = !client.connected || Object.keys(client.outgoing).length > 0;
      await Promise.race([
        new Promise<void>((resolve) => client.end(isForced, {}, () => resolve())),
        sleep(FAREWELL_MS, undefined, { ref: false }),
      ]);
      client.end(true);
      wire.cut(HUNG_UP);
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

function outcomeOf(error: unknown, { redact }: MqttDestination): Outcome {
  const { code } = error as { code?: number };
  const why = redact(wordsOf(error));
  if (typeof code !== 'number') return { is: 'lost', why };
  return { is: 'refused', poison: POISON.includes(code), why };
}
