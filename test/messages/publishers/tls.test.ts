import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Destination } from '../../../src/messages/destinations.js';
import { createMosquitto, createRabbitMq, withMosquitto, withRabbitMq } from '../../setup/brokers.js';
import { makeCertificates, type Certificates } from '../../setup/certificates.js';
import { sendOne } from './one.js';
import { fauxSqs, httpServer, type Place } from './places.js';

/** Servers with a certificate of an authority that nobody knows, which want to see one of ours. */

interface Secured {
  destination: Partial<Destination>;
  close(): Promise<void>;
}

const KINDS: [string, typeof test, (certificates: Certificates) => Promise<Secured>][] = [
  ['amqp', withRabbitMq, rabbitMq],
  ['mqtt', withMosquitto, mosquitto],
  ['webhook', test, async (certificates) => behindTls(certificates, await httpServer(), (url) => ({ url }))],
  [
    'sqs',
    test,
    async (certificates) => behindTls(certificates, await fauxSqs('secured'), (endpoint) => ({ endpoint })),
  ],
];

const FILES = ({ ca, server: { cert, key } }: Certificates) => ({
  'ca.pem': ca,
  'cert.pem': cert,
  'key.pem': key,
});

async function rabbitMq(certificates: Certificates): Promise<Secured> {
  const broker = await createRabbitMq({
    isTls: true,
    settings: [
      'ssl_options.cacertfile = FOLDER/ca.pem',
      'ssl_options.certfile = FOLDER/cert.pem',
      'ssl_options.keyfile = FOLDER/key.pem',
      'ssl_options.verify = verify_peer',
      'ssl_options.fail_if_no_peer_cert = true',
      'load_definitions = FOLDER/definitions.json',
    ],
    files: {
      ...FILES(certificates),
      'definitions.json': JSON.stringify({
        vhosts: [{ name: '/' }],
        users: [{ name: 'guest', password: 'guest', tags: '' }],
        permissions: [{ user: 'guest', vhost: '/', configure: '.*', write: '.*', read: '.*' }],
        exchanges: [
          {
            name: 'tally',
            vhost: '/',
            type: 'topic',
            durable: true,
            auto_delete: false,
            internal: false,
            arguments: {},
          },
        ],
        queues: [{ name: 'all', vhost: '/', durable: true, auto_delete: false, arguments: {} }],
        bindings: [
          {
            source: 'tally',
            vhost: '/',
            destination: 'all',
            destination_type: 'queue',
            routing_key: '#',
            arguments: {},
          },
        ],
      }),
    },
  });
  await broker.start();
  const declared = { kind: 'amqp', url: broker.url, exchange: 'tally', routing_key: '{agency}.{type}' };
  return { destination: declared as Partial<Destination>, close: () => broker.remove() };
}

async function mosquitto(certificates: Certificates): Promise<Secured> {
  const broker = await createMosquitto({
    isTls: true,
    settings: [
      'cafile FOLDER/ca.pem',
      'certfile FOLDER/cert.pem',
      'keyfile FOLDER/key.pem',
      'require_certificate true',
    ],
    files: FILES(certificates),
  });
  await broker.start();
  const declared = { kind: 'mqtt', url: broker.url, version: 5, topic: '{agency}/{type}', retain: false };
  return { destination: declared as Partial<Destination>, close: () => broker.remove() };
}

/** What comes over TLS goes on to the place as it is. */
async function behindTls(
  { ca, server: { cert, key } }: Certificates,
  place: Place,
  at: (url: string) => object,
): Promise<Secured> {
  const sockets = new Set<Socket>();
  const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (near) => {
    const far = connect(place.port!, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    destination: place.destination(at(`https://127.0.0.1:${port}`)),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await place.close();
    },
  };
}

describe.each(KINDS)('%s', (_, testThere, create) => {
  let folder: string;
  let secured: Secured;
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    if (testThere === test.skip) return;
    folder = mkdtempSync(join(tmpdir(), 'tally-tls-'));
    const certificates = makeCertificates();
    writeFileSync(at('ca.pem'), certificates.ca);
    writeFileSync(at('cert.pem'), certificates.client.cert);
    writeFileSync(at('key.pem'), certificates.client.key);
    secured = await create(certificates);
  }, 60_000);
  afterAll(async () => {
    await secured?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const send = (tls: Record<string, string>) =>
    sendOne({
      name: 'place',
      messages: ['customer'],
      timeout_seconds: 5,
      redact: (text: string) => text,
      ...secured.destination,
      tls,
    } as Destination);
  const ours = () => ({ cert: at('cert.pem'), key: at('key.pem') });

  testThere('who is trusted and known gets through', async () => {
    expect(await send({ ca: at('ca.pem'), ...ours(), server_name: 'broker.test' })).toEqual({
      is: 'confirmed',
    });
  });

  testThere.each([
    [
      'an authority that is not known',
      () => ({ ...ours(), server_name: 'broker.test' }),
      /self-signed certificate/,
    ],
    ['another name than that of the URL', () => ({ ca: at('ca.pem'), ...ours() }), /not in the cert's list/],
    [
      'that we have no certificate',
      () => ({ ca: at('ca.pem'), server_name: 'broker.test' }),
      /certificate required|ECONNRESET|socket|closed/,
    ],
  ])('%s is told', async (_, tls, why) => {
    const outcome = await send(tls() as Record<string, string>);
    expect(outcome).toEqual({
      is: expect.stringMatching(/^(not open|lost|down)$/),
      why: expect.stringMatching(why),
    });
  });
});
