import { describe, expect, test } from '@jest/globals';
import { readDestinations } from '../../src/messages/destinations.js';
import { createWorkspace } from '../setup/workspace.js';

async function read(yaml: string, environment: Record<string, string> = {}) {
  const workspace = await createWorkspace({ database: false });
  workspace.write('destinations.yaml', yaml);
  return readDestinations(workspace.config(environment));
}
const faults = async (yaml: string, environment?: Record<string, string>) =>
  (await read(yaml, environment)).faults.map(({ line, message }) => `${line}: ${message}`);

test('a workspace without the file has none', async () => {
  const workspace = await createWorkspace({ database: false });
  expect(readDestinations(workspace.config())).toEqual({ destinations: [], faults: [] });
});

test('what is not said has its default, and variables come from the environment or .env', async () => {
  const { destinations, faults: found } = await read(
    'destinations:\n  bus:\n    kind: amqp\n    url: amqp://tally:${BUS_PASSWORD}@bus:5672/\n',
    { BUS_PASSWORD: 'open-sesame' },
  );
  expect(found).toEqual([]);
  expect(destinations).toMatchObject([
    {
      name: 'bus',
      kind: 'amqp',
      url: 'amqp://tally:open-sesame@bus:5672/',
      exchange: 'tallyhouse',
      routing_key: '{agency}.{type}',
      messages: ['customer', 'error'],
      tries: 5,
      envelope: false,
    },
  ]);
});

test('the file of a certificate may come from a variable', async () => {
  const { destinations, faults: found } = await read(
    'destinations:\n  bus: { kind: amqp, url: "amqps://bus/", tls: { ca: "${CA}" } }\n',
    { CA: 'agencies.yaml' },
  );
  expect(found).toEqual([]);
  expect(destinations).toMatchObject([{ tls: { ca: expect.stringMatching(/^\/.*agencies\.yaml$/) } }]);
});

describe('no secret is shown', () => {
  test.each([
    ['a password', 'amqp://tally:${WORD}@bus/', { WORD: 'open-sesame' }, 'open-sesame'],
    ['the password of a URL', '${BUS}', { BUS: 'amqp://tally:open%21sesame@bus/' }, 'open!sesame'],
    ['the path of a web address', '${HOOK}', { HOOK: 'https://hooks.example.com/T0/B0/x7' }, '/T0/B0/x7'],
  ])('%s', async (_, url, environment, secret) => {
    const kind = url === '${HOOK}' ? 'webhook' : 'amqp';
    const { destinations } = await read(
      `destinations:\n  bus: { kind: ${kind}, url: "${url}" }\n`,
      environment,
    );
    expect(destinations[0]!.redact(`no way to ${secret} there`)).toBe('no way to *** there');
  });
});

describe('faults are told with their line, and without what may be secret', () => {
  test.each([
    [
      'an unknown kind',
      'kind: kafka',
      '3: destinations.bus.kind: expected amqp, mqtt, sqs, webhook or stdout, got `kafka`',
    ],
    ['an unknown setting', 'kind: stdout\n    colour: red', '4: destinations.bus.colour: is not known here'],
    [
      'a variable that is not set',
      'kind: webhook\n    url: ${NOWHERE}',
      '4: destinations.bus.url: NOWHERE is set neither in the environment nor in .env',
    ],
    [
      'a password in the file',
      'kind: amqp\n    url: amqp://tally:open-sesame@bus/',
      '4: destinations.bus.url: a password does not belong in this file: write ${NAME}, and set NAME in .env',
    ],
    [
      'another kind of URL',
      'kind: mqtt\n    url: ${BUS}',
      '4: destinations.bus.url: is no URL that begins with mqtt:// or mqtts:// or ws:// or wss://',
    ],
    [
      'a placeholder that there is not',
      'kind: mqtt\n    url: mqtt://bus\n    topic: "{tenant}/x"',
      '5: destinations.bus.topic: expected only {agency}, {type}, {customer_reference} in braces, got `{tenant}/x`',
    ],
    [
      'a file that is not there',
      'kind: mqtt\n    url: mqtts://bus\n    tls:\n      ca: ca.pem',
      '6: destinations.bus.tls.ca: there is no file ca.pem',
    ],
    [
      'TLS that the URL leaves out',
      'kind: amqp\n    url: amqp://bus\n    tls: { server_name: bus }',
      '5: destinations.bus.tls: nothing of it is used with amqp://: write amqps://',
    ],
    [
      'a topic that is a filter',
      'kind: mqtt\n    url: mqtt://bus\n    topic: "t/#"',
      '5: destinations.bus.topic: expected a topic without + and #, which are only for those who subscribe, got `t/#`',
    ],
    [
      'a secret in the file',
      'kind: sqs\n    url: https://sqs.eu-west-1.amazonaws.com/1/q\n    secret_access_key: abc',
      '5: destinations.bus.secret_access_key: a secret does not belong in this file: write ${NAME}, and set NAME in .env',
    ],
  ])('%s', async (_, lines, fault) => {
    const found = await faults(`destinations:\n  bus:\n    ${lines}\n`, { BUS: 'amqp://u:open-sesame@bus' });
    expect(found).toEqual([fault]);
  });
});
