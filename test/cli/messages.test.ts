import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { httpServer, type Place } from '../messages/publishers/places.js';
import { freePort } from '../setup/brokers.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf } from './ran.js';

/** A night and the day after, by the command line: what a customer's system hears of it. */

let workspace: Workspace;
let crm: Place;
let answer: number | undefined;
beforeAll(async () => {
  workspace = await createWorkspace();
  crm = await httpServer((body) => (body.includes('C-2') ? answer : undefined));
  workspace.write(
    'destinations.yaml',
    `destinations:
  crm: { kind: webhook, url: "\${CRM_URL}", tries: 1 }
  gone: { kind: webhook, url: "http://127.0.0.1:${await freePort()}/", agencies: [agency_a] }
  lines: { kind: stdout }
`,
  );
  workspace.write('.env', `CRM_URL=http://127.0.0.1:${crm.port}/open-sesame\n`);
});
afterAll(() => crm.close());

const customers = (...references: string[]) =>
  workspace.write(
    'inbox/customers_agency_a.csv',
    `customer_reference,name\n${references.map((each) => `${each},x\n`).join('')}`,
  );
const orders = (...rows: string[]) =>
  workspace.write(
    'inbox/orders_agency_a.csv',
    `order_reference,customer_reference\n${rows.map((row) => `${row}\n`).join('')}`,
  );
const items = (...rows: string[]) =>
  workspace.write(
    'inbox/items_agency_a.csv',
    `order_reference,total_price\n${rows.map((row) => `${row}\n`).join('')}`,
  );
const tally = async (...args: string[]) => {
  crm.heard.splice(0);
  const ran = await workspace.tally(args);
  expect(ran.stdout + ran.stderr).not.toMatch(/open-sesame|^\s+at /m);
  return ran;
};
const heard = () =>
  crm.heard
    .map(({ body }) => JSON.parse(body) as Record<string, string | number>)
    .map((each) => `${each.type} ${each.customer_reference} ${each.order_reference ?? each.order_count}`)
    .sort();

test('a run tells each destination what is new; one that is down neither fails it nor holds others up', async () => {
  orders('O-1,C-1', 'O-2,C-9');
  items('O-1,1.10', 'O-7,2');
  customers('C-1', 'C-2');
  const ran = await tally('run', '--json');
  expect(ran.code).toBe(0);
  expect(documentOf(ran)).toMatchObject({
    messages: [
      { destination: 'crm', sent: 4, down: null },
      { destination: 'gone', sent: 0, down: expect.stringContaining('ECONNREFUSED') },
    ],
  });
  // Not one for each order that came before its customer.
  expect(heard()).toEqual([
    'customer_message C-1 1',
    'customer_message C-2 0',
    'error_message C-9 O-2',
    'error_message null O-7',
  ]);
  const schema = readFileSync(
    fileURLToPath(new URL('../../docs/messages.schema.json', import.meta.url)),
    'utf8',
  );
  const ajv = new Ajv();
  addFormats.default(ajv);
  const isMessage = ajv.compile(JSON.parse(schema) as object);
  for (const { body } of crm.heard) expect([body, isMessage(JSON.parse(body))]).toEqual([body, true]);
});

test('the next one tells what changed, and a rollback takes it back', async () => {
  expect((await tally('run')).code).toBe(0);
  expect(heard()).toEqual([]);
  orders('O-1,C-1', 'O-2,C-2', 'O-7,C-1');
  await tally('run');
  expect(heard()).toEqual([
    'customer_message C-1 2',
    'customer_message C-2 1',
    'error_resolved_message C-9 O-2',
    'error_resolved_message null O-7',
  ]);
  expect((await tally('rollback', '--feed', 'orders', '--agency', 'agency_a')).code).toBe(0);
  expect(heard()).toEqual([
    'customer_message C-1 1',
    'customer_message C-2 0',
    'error_message C-9 O-2',
    'error_message null O-7',
  ]);
});

test('what is refused is parked, told, and goes after a retry', async () => {
  answer = 500;
  workspace.write('destinations.yaml', workspace.read('destinations.yaml').replace('tries: 1', 'tries: 2'));
  customers('C-1', 'C-2', 'C-3');
  orders('O-1,C-1', 'O-3,C-2');
  expect((await tally('run')).stdout).toMatch(/Messages for crm: \d sent, 1 refused, tried again later\./);
  expect((await tally('messages', 'status')).stdout).toMatch(
    /To be tried again from \S+ \S+ UTC: crm: it answered 500: said the server/,
  );
  answer = 422;
  await tally('messages', 'retry');
  const ran = await tally('messages', 'publish', '--destination', 'crm');
  expect(ran.code).toBe(3);
  expect(ran.stdout).toMatch(/Messages for crm: \d sent, 1 parked \(tally messages status\)\./);
  const status = await tally('messages', 'status', '--json');
  const { destinations, parked } = documentOf(status) as unknown as Record<string, Record<string, unknown>[]>;
  expect(destinations).toMatchObject([
    { destination: 'crm', kind: 'webhook', waiting: 0, parked: 1 },
    { destination: 'gone', down_since: expect.any(String), sent: 0 },
    { destination: 'lines', kind: 'stdout', sent: 0 },
  ]);
  expect(parked).toMatchObject([
    { destination: 'crm', customer_reference: 'C-2', last_error: 'it answered 422: said the server' },
  ]);
  const shown = await tally('messages', 'status');
  expect(shown.stdout).toMatch(/Down since .*gone/);
  expect(shown.stdout).toContain(String(parked![0]!.message_id));

  answer = undefined;
  expect((await tally('messages', 'retry', '--destination', 'crm')).stdout).toBe(
    '1 message will be tried again: tally messages publish\n',
  );
  expect((await tally('messages', 'publish', '--destination', 'crm')).code).toBe(0);
  expect(heard()).toEqual(['customer_message C-2 1']);
});

test('a broker that takes the connection and says nothing holds the run up no longer than is set', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const declared = workspace.read('destinations.yaml');
  // Far longer than a test may take.
  const at = (kind: string) => `{ kind: ${kind}, url: "${kind}://127.0.0.1:${port}", timeout_seconds: 600 }`;
  workspace.write('destinations.yaml', `${declared}  bus: ${at('amqp')}\n  air: ${at('mqtt')}\n`);
  try {
    const ran = await workspace.tally(['run', '--json'], { env: { TALLY_MESSAGES_SECONDS: '1' } });
    expect(ran.code).toBe(0);
    expect(documentOf(ran).messages).toMatchObject([
      { destination: 'crm', down: null },
      { destination: 'gone' },
      { destination: 'bus', sent: 0, down: null },
      { destination: 'air', sent: 0, down: null },
    ]);
    expect(sockets.length).toBeGreaterThan(1);
  } finally {
    workspace.write('destinations.yaml', declared);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});

test('publish says by its exit code what is not well', async () => {
  const down = await tally('messages', 'publish', '--destination', 'gone', '--json');
  expect([down.code, documentOf(down)]).toMatchObject([
    1,
    { destinations: [{ destination: 'gone', sent: 0 }] },
  ]);
  const unknown = await tally('messages', 'publish', '--destination', 'crn');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean crm?')]);
  for (const command of ['status', 'retry']) {
    const mistyped = await tally('messages', command, '--destination', 'crn');
    expect([mistyped.code, mistyped.stderr]).toEqual([2, expect.stringContaining('did you mean crm?')]);
  }
  expect((await tally('messages', 'retry', '--message', '7')).code).toBe(2);
});

test('messages for stdout are all that stands there', async () => {
  const ran = await tally('messages', 'publish', '--destination', 'lines');
  expect(ran.code).toBe(0);
  const lines = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines)
    expect(line).toMatchObject({ agency: 'agency_a', message_id: expect.any(String) });
  expect(ran.stderr).toContain(`Messages for lines: ${lines.length} sent.`);
  expect((await tally('messages', 'publish', '--destination', 'lines')).stdout).toBe('');
});

test('a file of destinations that is wrong is told after the loads, which count', async () => {
  workspace.write('destinations.yaml', 'destinations:\n  crm: { kind: pigeon }\n');
  customers('C-1');
  const ran = await tally('run', '--json');
  expect([ran.code, documentOf(ran)]).toMatchObject([
    2,
    { loads: [{ outcome: 'loaded' }], errors: [{ code: 'destinations_invalid' }] },
  ]);
});
