// Sends documents to a place and does nothing else: what the place and the library of its kind take.
//   PLACE=URL node bench/bare.js amqp|mqtt|sqs|webhook|stdout COUNT
// As many are on their way at once as `tally messages publish` has; a new one goes as soon as one is confirmed.
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import mqtt from 'mqtt';
import { Connection } from 'rabbitmq-client';

const { PLACE, ENDPOINT } = process.env;
const [kind, count] = [process.argv[2], Number(process.argv[3])];

/** `send` takes the number of the first document; a kind that sends several at once says how many. */
const KINDS = {
  async amqp() {
    const connection = new Connection(PLACE);
    const channel = await connection.acquire();
    await channel.confirmSelect();
    const about = { exchange: 'tally-bench', routingKey: 'agency_a.customer_message', mandatory: true };
    const how = { ...about, durable: true, contentType: 'application/json', contentEncoding: 'utf-8' };
    const type = 'customer_message';
    return {
      atOnce: 1000,
      send(i) {
        const { message_id: messageId, agency, subject } = factsOf(i);
        const properties = { ...how, messageId, type, headers: { agency, subject } };
        return channel.basicPublish(properties, Buffer.from(documentOf(i)));
      },
      close: () => channel.close().then(() => connection.close()),
    };
  },

  async mqtt() {
    const client = mqtt.connect(PLACE, { protocolVersion: 5 });
    const { properties } = await new Promise((resolve) => client.once('connect', resolve));
    return {
      atOnce: Math.min(1000, properties?.receiveMaximum ?? 1000),
      send: (i) =>
        client.publishAsync(`tallyhouse/agency_a/customer_message/${i}`, documentOf(i), {
          qos: 1,
          properties: { contentType: 'application/json', userProperties: factsOf(i) },
        }),
      close: () => client.endAsync(),
    };
  },

  async sqs() {
    const client = new SQSClient({ endpoint: ENDPOINT, region: 'us-east-1' });
    const isFifo = PLACE.endsWith('.fifo');
    const entry = (i) => {
      const facts = factsOf(i);
      const attributes = Object.entries(facts).map(([name, StringValue]) => [
        name,
        { DataType: 'String', StringValue },
      ]);
      return {
        Id: facts.message_id,
        MessageBody: documentOf(i),
        MessageAttributes: Object.fromEntries(attributes),
        ...(isFifo ? { MessageGroupId: `agency_a/${i}`, MessageDeduplicationId: facts.message_id } : {}),
      };
    };
    return {
      atOnce: 8,
      several: 10,
      send: (first, several) =>
        client.send(
          new SendMessageBatchCommand({
            QueueUrl: PLACE,
            Entries: Array.from({ length: several }, (_, i) => entry(first + i)),
          }),
        ),
      close: async () => client.destroy(),
    };
  },

  async webhook() {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    return {
      atOnce: 8,
      send: (i) =>
        new Promise((resolve, reject) => {
          const body = documentOf(i);
          const headers = { 'content-length': Buffer.byteLength(body), ...factsOf(i) };
          request(PLACE, { method: 'POST', agent, headers }, (answer) => answer.resume().on('end', resolve))
            .on('error', reject)
            .end(body);
        }),
      close: async () => agent.destroy(),
    };
  },

  async stdout() {
    return {
      atOnce: 1000,
      send: (i) => new Promise((resolve) => process.stdout.write(`${documentOf(i)}\n`, resolve)),
      close: async () => {},
    };
  },
};

/** What is to be known of a message beside its document. */
function factsOf(i) {
  return {
    message_id: randomUUID(),
    agency: 'agency_a',
    type: 'customer_message',
    subject: `C-${1_000_000 + i}`,
    created_at: '2026-11-21T03:00:00.000Z',
  };
}

function documentOf(i) {
  return `{"type": "customer_message", "order_count": 1, "total_price": 0, "customer_reference": "C-${1_000_000 + i}"}`;
}

const { atOnce, several = 1, send, close } = await KINDS[kind]();
let begun = 0;
const keepSending = async () => {
  while (begun < count) {
    const [first, some] = [begun, Math.min(several, count - begun)];
    begun += some;
    await send(first, some);
  }
};
await Promise.all(Array.from({ length: atOnce }, keepSending));
await close();
