import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bodyOf } from '../../src/messages/body.js';
import { groupOf } from '../../src/messages/publishers/sqs.js';
import { fillTemplate } from '../../src/messages/template.js';
import { laneOf, wavesOf } from '../../src/messages/waves.js';
import type { Message } from '../../src/messages/publisher.js';

const message = (given: Partial<Message> = {}): Message => ({
  id: '00000000-0000-4000-8000-000000000001',
  agency: 'agency_a',
  type: 'customer_message',
  subject: 'C-1',
  customerReference: 'C-1',
  lane: 'C-1',
  document: '{"total_price": 0.10}',
  createdAt: new Date('2026-11-21T00:00:00Z'),
  ...given,
});

test('waves hold every message once, no lane twice, and each lane in its order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), (lanes) => {
      const messages = lanes.map((lane, i) => message({ lane, id: String(i) }));
      const waves = wavesOf(messages);
      for (const wave of waves) expect(new Set(wave.map(laneOf)).size).toBe(wave.length);
      for (const lane of ['a', 'b', 'c'])
        expect(waves.flat().filter((each) => each.lane === lane)).toEqual(
          messages.filter((each) => each.lane === lane),
        );
      expect(waves.flat()).toHaveLength(messages.length);
    }),
  );
});

test('what a reference holds is neither separator nor wildcard of a topic or routing key', () => {
  const odd = message({ customerReference: 'a/b.+#*c d' });
  expect(fillTemplate('t/{agency}/{type}/{customer_reference}', odd)).toBe(
    't/agency_a/customer_message/a%2Fb%2E%2B%23%2Ac%20d',
  );
  expect(fillTemplate('{customer_reference}', message({ customerReference: null }))).toBe('unknown');
});

test('an envelope leaves the document byte for byte as it is', () => {
  const body = bodyOf(message(), true);
  expect(body).toContain('"message":{"total_price": 0.10}}');
  expect(JSON.parse(body)).toMatchObject({
    agency: 'agency_a',
    subject: 'C-1',
    message: { total_price: 0.1 },
  });
  expect(bodyOf(message(), false)).toBe('{"total_price": 0.10}');
});

test('the group of a FIFO queue is the customer, or a digest where SQS does not take the name', () => {
  expect(groupOf('agency_a', 'C-1')).toBe('agency_a/C-1');
  expect(groupOf('agency_a', 'Müller')).toMatch(/^agency_a\/[0-9a-f]{64}$/);
  expect(groupOf('agency_a', 'x'.repeat(200))).toMatch(/^agency_a\/[0-9a-f]{64}$/);
  expect(groupOf('agency_a', 'a b')).not.toBe(groupOf('agency_a', 'a c'));
});
