import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Connection, type Channel, type ReturnedMessage } from 'rabbitmq-client';
import type { AmqpDestination } from '../destinations.js';
import type { Log } from '../../log.js';
import { bodyOf } from '../body.js';
import { wordsOf } from '../down.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';
import { fillTemplate } from '../template.js';
import { tlsOptions } from '../tls.js';
import { orAborted } from '../../until.js';
import { HUNG_UP, Wire } from '../wire.js';

const LONGEST_KEY = 255;
const FAREWELL_MS = 1000;

/** AMQP 0-9-1: a durable topic exchange, persistent messages, each confirmed, and none that no queue takes. */
export async function openAmqp(
  destination: AmqpDestination,
  log: Log,
  signal: AbortSignal,
): Promise<Publisher> {
  const connection = new Connection({
    url: destination.url,
    connectionName: 'tallyhouse',
    ...(destination.tls ? { tls: tlsOptions(destination.tls) } : {}),
  });
  connection.on('error', (error) => {
    log.debug('amqp', { destination: destination.name, error: destination.redact(String(error)) });
  });
  // The library would try again and again; whether there is use in that is for the one who asked to say.
  const failed = new Promise<never>((_, reject) => connection.once('error', reject));
  try {
    const opening = Promise.race([openChannel(connection, destination.exchange), failed]);
    return publisherOn(connection, await orAborted(signal, opening), destination);
  } catch (error) {
    connection.unsafeDestroy();
    throw new Error(wordsIn(error), { cause: error });
  }
}

/** One may be allowed to publish to an exchange and not to declare it: then it is enough that it is there. */
async function openChannel(connection: Connection, exchange: string): Promise<Channel> {
  const channel = await connection.acquire();
  try {
    await channel.exchangeDeclare({ exchange, type: 'topic', durable: true });
    await channel.confirmSelect();
    return channel;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ACCESS_REFUSED') throw error;
    const another = await connection.acquire();
    await another.exchangeDeclare({ exchange, passive: true });
    await another.confirmSelect();
    return another;
  }
}

function publisherOn(connection: Connection, channel: Channel, destination: AmqpDestination): Publisher {
  const wire = new Wire();
  // It says so only to those who publish, and answers none of them until it has memory or disk again.
  connection.on('connection.blocked', (reason) =>
    wire.cut({ is: 'down', why: `the broker takes no messages now: ${destination.redact(reason)}` }),
  );
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
    publish: (messages) => messages.map((message) => wire.send(() => send(message))),
    async close() {
      // With a word of farewell where somebody is listening.
      const farewell = channel.active ? channel.close().then(() => connection.close()) : Promise.resolve();
      await Promise.race([farewell.catch(() => {}), sleep(FAREWELL_MS, undefined, { ref: false })]);
      connection.unsafeDestroy();
      wire.cut(HUNG_UP);
    },
  };
}

function outcomeOf(error: unknown, { redact }: AmqpDestination): Outcome {
  if ((error as { code?: string }).code === 'NACK')
    return { is: 'refused', poison: false, why: 'the broker did not take it (nack): is the queue full?' };
  return { is: 'lost', why: redact(wordsIn(error)) };
}

/** The library begins with the name of the method that was refused, and of some it knows no name. */
function wordsIn(error: unknown): string {
  return wordsOf(error).replace(/^undefined: /, '');
}
