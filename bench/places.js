import { createServer } from 'node:http';
import { GetQueueAttributesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import mqtt from 'mqtt';
import { Connection } from 'rabbitmq-client';

const AMQP_URL = process.env.BENCH_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';
const MQTT_URL = process.env.BENCH_MQTT_URL ?? 'mqtt://127.0.0.1:1883';

/**
 * A place of each kind, one after the other; of the brokers those that are there. `declared` is its line of
 * destinations.yaml, `settings` what this and the bare publisher find in the environment, and `arrived` tells how many
 * messages have come since it was asked last.
 */
export async function* openPlaces() {
  for (const open of [rabbitMq, mosquitto, () => fauxSqs(''), () => fauxSqs('.fifo'), webhook, stdout]) {
    const place = await open();
    if (!place) continue;
    try {
      yield place;
    } finally {
      await place.close?.();
    }
  }
}

/** A queue that keeps everything; it goes with the place. */
async function rabbitMq() {
  const connection = new Connection({ url: AMQP_URL, retryLow: 100, connectionTimeout: 2000 });
  connection.on('error', () => {});
  try {
    await connection.onConnect(2000);
  } catch {
    connection.unsafeDestroy();
    return leftOut('RabbitMQ', 'BENCH_AMQP_URL');
  }
  const channel = await connection.acquire();
  const [exchange, queue] = ['tally-bench', 'tally-bench'];
  await channel.exchangeDeclare({ exchange, type: 'topic', durable: true });
  await channel.queueDeclare({ queue, durable: true });
  await channel.queueBind({ exchange, queue, routingKey: '#' });
  await channel.queuePurge({ queue });
  return {
    name: 'RabbitMQ',
    kind: 'amqp',
    declared: `{ kind: amqp, url: "\${PLACE}", exchange: ${exchange} }`,
    settings: { PLACE: AMQP_URL },
    async arrived() {
      const { messageCount } = await channel.queueDeclare({ queue, durable: true });
      await channel.queuePurge({ queue });
      return messageCount;
    },
    async close() {
      await channel.queueDelete({ queue });
      await channel.exchangeDelete({ exchange });
      await channel.close();
      await connection.close();
    },
  };
}

/** Nobody subscribes: a subscriber that is slower than the publisher would be told only a part, and take its time. */
async function mosquitto() {
  try {
    const client = await mqtt.connectAsync(MQTT_URL, { reconnectPeriod: 0, connectTimeout: 2000 });
    await client.endAsync();
  } catch {
    return leftOut('Mosquitto', 'BENCH_MQTT_URL');
  }
  return {
    name: 'Mosquitto, QoS 1',
    kind: 'mqtt',
    declared: '{ kind: mqtt, url: "${PLACE}" }',
    settings: { PLACE: MQTT_URL },
  };
}

/** A server of SQS in this process, which has nothing else to do meanwhile. */
async function fauxSqs(ending) {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const server = await startFauxqs({ port: 0, logger: false });
  const { queueUrl: QueueUrl } = server.createQueue(`bench${ending}`, {
    attributes: ending ? { FifoQueue: 'true' } : {},
  });
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new SQSClient({ endpoint: server.address, region: 'us-east-1', credentials });
  return {
    name: ending ? 'SQS (fauxqs), FIFO' : 'SQS (fauxqs)',
    kind: 'sqs',
    declared: `{ kind: sqs, url: "\${PLACE}", endpoint: "${server.address}", region: us-east-1 }`,
    settings: {
      PLACE: QueueUrl,
      ENDPOINT: server.address,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    async arrived() {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
      );
      await client.send(new PurgeQueueCommand({ QueueUrl }));
      return Number(Attributes.ApproximateNumberOfMessages);
    },
    async close() {
      client.destroy();
      await server.stop();
    },
  };
}

async function webhook() {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      count++;
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name: 'webhook',
    kind: 'webhook',
    declared: '{ kind: webhook, url: "${PLACE}" }',
    settings: { PLACE: `http://127.0.0.1:${server.address().port}/` },
    async arrived() {
      const arrived = count;
      count = 0;
      return arrived;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function stdout() {
  return { name: 'stdout, to nowhere', kind: 'stdout', declared: '{ kind: stdout }', settings: {} };
}

function leftOut(name, variable) {
  console.log(`  ${name} is not there, and left out: ${variable} says where it is`);
}
