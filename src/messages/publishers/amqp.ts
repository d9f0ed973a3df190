import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Channel, type ReturnedMessage } from 'rabbitmq-client';
import type { AmqpDestination } from '../destinations.js';
import type { Log } from '../../log.js';
import { bodyOf } from '../body.js';
import { down } from '../down.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';
import { fillTemplate } from '../template.js';
import { tlsOptions } from '../tls.js';

const LONGEST_KEY = 255;
const FAREWELL_MS = 1000;

/** AMQP 0-9-1: a durable topic exchange, persistent messages, each confirmed, and none that no queue takes. */
export async function openAmqp(destination: AmqpDestination, log: Log): Promise<Publisher> {
  const connection = new Connection({
    url: destination.url,
    connectionName: 'tallyhouse',
    connectionTimeout: destination.timeout_seconds * 1000,
    acquireTimeout: destination.timeout_seconds * 1000,
    ...(destination.tls ? { tls: tlsOptions(destination.tls) } : {}),
  });
  let trouble: unknown;
  connection.on('error', (error) => {
    trouble = error;
    log.debug('amqp', { destination: destination.name, error: destination.redact(String(error)) });
  });
  try {
    const channel = await openChannel(connection, destination, () => trouble);
    return publisherOn(connection, channel, destination);
  } catch (error) {
    connection.unsafeDestroy();
    throw down(destination, trouble ?? error);
  }
}

async function openChannel(
  connection: Connection,
  { exchange, timeout_seconds: seconds }: AmqpDestination,
  trouble: () => unknown,
): Promise<Channel> {
  // The library tries again and again; whether there is use in that is for the one who asked to say.
  await Promise.race([
    connection.onConnect(seconds * 1000),
    new Promise<never>((_, reject) => connection.once('error', () => reject(trouble() as Error))),
  ]);
  const channel = await connection.acquire();
  await channel.exchangeDeclare({ exchange, type: 'topic', durable: true });
  await channel.confirmSelect();
  return channel;
}

function publisherOn(connection: Connection, channel: Channel, destination: AmqpDestination): Publisher {
  const returned = new Map<string, ReturnedMessage>();
  channel.on('basic.return', (message) => returned.set(String(message.messageId), message));

  const send = async (message: Message): Promise<Outcome> => {
    const routingKey = fillTemplate(destination.routing_key, message);
    if (Buffer.byteLength(routingKey) > LONGEST_KEY) {
      const why = `its routing key has ${Buffer.byteLength(routingKey)} bytes; AMQP takes ${LONGEST_KEY}`;
      return { is: 'refused', poison: true, why };
    }
    try {
      await channel.basicPublish(
        {
          exchange: destination.exchange,
          routingKey,
          mandatory: true,
          durable: true,
          messageId: message.id,
          type: message.type,
          appId: 'tallyhouse',
          contentType: 'application/json',
          // Leaves the body to the consumer as bytes, whose JSON may know more of decimals than ours.
          contentEncoding: 'utf-8',
          timestamp: Math.floor(message.createdAt.getTime() / 1000),
          headers: { agency: message.agency, subject: message.subject },
        },
        Buffer.from(bodyOf(message, destination.envelope)),
      );
    } catch (error) {
      return outcomeOf(error, destination);
    }
    // A return comes before the confirmation, but the library tells of it a turn later.
    await nextTurn();
    const back = returned.get(message.id);
    if (!back) return CONFIRMED;
    returned.delete(message.id);
    const why = `no queue is bound to ${destination.exchange} for ${routingKey} (${back.replyText})`;
    return { is: 'refused', poison: false, why };
  };

  return {
    publish: (messages) => messages.map(send),
    async close() {
      // With a word of farewell where somebody is listening.
      const farewell = channel.active ? channel.close().then(() => connection.close()) : Promise.resolve();
      await Promise.race([farewell.catch(() => {}), sleep(FAREWELL_MS, undefined, { ref: false })]);
      connection.unsafeDestroy();
    },
  };
}

function outcomeOf(error: unknown, { redact }: AmqpDestination): Outcome {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'NACK')
    return { is: 'refused', poison: false, why: 'the broker did not take it (nack): is the queue full?' };
  return { is: 'lost', why: redact(message) };
}
