import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import mqtt from 'mqtt';
import { Connection } from 'rabbitmq-client';
import type { Destination } from '../../../src/messages/destinations.js';
import { createMosquitto, createRabbitMq, type Broker } from '../../setup/brokers.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** What a consumer has got, in the order in which it came. */
export interface Heard {
  id: string;
  agency: string;
  type: string;
  subject: string;
  body: string;
}

/** A place for messages to go to, with a consumer that takes everything. */
export interface Place {
  heard: Heard[];
  /** `port`: of a proxy that stands between. */
  destination(given?: Partial<Destination>, port?: number): Destination;
  /** The server's own port; none of what is no server. */
  port: number | undefined;
  /** Asks once more where one has to ask. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

const COMMON = {
  messages: ['customer', 'error'],
  tries: 3,
  retry_seconds: 0,
  timeout_seconds: 5,
  envelope: false,
  redact: (text: string) => text.replaceAll('open-sesame', '***'),
};

const made = (declared: object): Destination =>
  ({ name: 'place', ...COMMON, ...declared }) as unknown as Destination;

let brokers: Broker[] = [];

export async function removeBrokers(): Promise<void> {
  await Promise.all(brokers.splice(0).map((broker) => broker.remove()));
  brokers = [];
}

export async function rabbitMq(): Promise<Place> {
  const broker = await createRabbitMq();
  brokers.push(broker);
  await broker.start();
  return amqpPlace(broker);
}

export async function amqpPlace(broker: Broker, exchange = 'tally-test', queue = 'all'): Promise<Place> {
  const heard: Heard[] = [];
  const connection = new Connection({ url: broker.url, retryLow: 100, retryHigh: 500 });
  connection.on('error', () => {});
  const consumer = connection.createConsumer(
    {
      queue,
      queueOptions: { durable: true },
      exchanges: [{ exchange, type: 'topic', durable: true }],
      queueBindings: [{ exchange, queue, routingKey: 'agency_a.#' }],
      qos: { prefetchCount: 500 },
    },
    (message) => {
      heard.push({
        id: String(message.messageId),
        type: String(message.type),
        agency: String(message.headers?.agency),
        subject: String(message.headers?.subject),
        body:
          (message.body as Buffer | object) instanceof Buffer
            ? String(message.body)
            : JSON.stringify(message.body),
      });
    },
  );
  consumer.on('error', () => {});
  await new Promise((resolve) => consumer.once('ready', resolve as () => void));
  return {
    heard,
    port: broker.port,
    destination: (given, port = broker.port) =>
      made({
        kind: 'amqp',
        url: `amqp://guest:guest@127.0.0.1:${port}`,
        exchange,
        routing_key: '{agency}.{type}',
        ...given,
      }),
    listen: async () => {},
    async close() {
      await consumer.close();
      await connection.close();
    },
  };
}

export async function mosquitto(version: 5 | '3.1.1'): Promise<Place> {
  const broker = await createMosquitto();
  brokers.push(broker);
  await broker.start();
  return mqttPlace(broker, version);
}

export async function mqttPlace(broker: Broker, version: 5 | '3.1.1'): Promise<Place> {
  const heard: Heard[] = [];
  const client = await mqtt.connectAsync(broker.url, {
    protocolVersion: version === 5 ? 5 : 4,
    clean: false,
    clientId: 'test-consumer',
    reconnectPeriod: 100,
    ...(version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
  });
  client.on('error', () => {});
  await client.subscribeAsync('t/#', { qos: 1 });
  client.on('message', (_, payload, packet) => {
    const words = packet.properties?.userProperties as Record<string, string> | undefined;
    heard.push(words ? heardOf(words.message_id!, words, String(payload)) : fromEnvelope(String(payload)));
  });
  return {
    heard,
    port: broker.port,
    destination: (given, port = broker.port) => {
      const { envelope: _, ...rest } = made({
        kind: 'mqtt',
        url: `mqtt://127.0.0.1:${port}`,
        version,
        topic: 't/{agency}/{type}/{customer_reference}',
        retain: false,
      }) as Destination & { envelope?: boolean };
      return { ...rest, ...given } as Destination;
    },
    listen: async () => {},
    async close() {
      await client.endAsync(true);
    },
  };
}

export async function fauxSqs(queue: string): Promise<Place> {
  const server = await startFauxqs({ port: 0, logger: false });
  const attributes = queue.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const { queueUrl } = server.createQueue(queue, { attributes });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'open-sesame' };
  const client = new SQSClient({ endpoint: server.address, region: 'us-east-1', credentials });
  const heard: Heard[] = [];
  return {
    heard,
    port: server.port,
    destination: (given, port = server.port) =>
      made({
        kind: 'sqs',
        url: queueUrl,
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        access_key_id: 'test',
        secret_access_key: 'open-sesame',
        ...given,
      }),
    async listen() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      for (const { Body, MessageAttributes = {} } of Messages) {
        const words = Object.fromEntries(
          Object.entries(MessageAttributes).map(([name, value]) => [name, value.StringValue!]),
        );
        heard.push(heardOf(words.message_id!, words, Body!));
      }
      if (Messages.length === 0) return;
      const Entries = Messages.map(({ MessageId, ReceiptHandle }) => ({
        Id: MessageId!,
        ReceiptHandle: ReceiptHandle!,
      }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    },
    async close() {
      client.destroy();
      await server.stop();
    },
  };
}

/** `answer`: the status for a body, 200 if nothing is said. */
export async function httpServer(
  answer: (body: string) => number | undefined = () => undefined,
): Promise<Place> {
  const heard: Heard[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const status = answer(body) ?? 200;
      const head = (name: string) => String(request.headers[`tally-${name}`]);
      if (status === 200)
        heard.push({
          id: head('message-id'),
          agency: head('agency'),
          type: head('type'),
          subject: decodeURIComponent(head('subject')),
          body,
        });
      response.statusCode = status;
      response.end(status === 200 ? '' : 'said the server');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    heard,
    port,
    destination: (given, through = port) =>
      made({
        kind: 'webhook',
        url: `http://127.0.0.1:${through}/open-sesame`,
        headers: {},
        concurrency: 8,
        ...given,
      }),
    listen: async () => {},
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function heardOf(id: string, { agency, type, subject }: Record<string, string>, body: string): Heard {
  return { id, agency: agency!, type: type!, subject: subject!, body };
}

function fromEnvelope(text: string): Heard {
  const {
    message_id: id,
    agency,
    subject,
    message,
  } = JSON.parse(text) as Record<string, string> & {
    message: { type: string };
  };
  const body = text.slice(text.indexOf('"message":') + '"message":'.length, -1);
  return { id: id!, agency: agency!, subject: subject!, type: message.type, body };
}
