import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.js';
import { settle, takeNext, type Waiting } from '../../src/messages/outbox.js';
import type { Destination } from '../../src/messages/destinations.js';
import { createFacts, webhook, type Fact, type Facts } from './facts.js';

let facts: Facts;
let crm: Destination;
beforeEach(async () => {
  facts = await createFacts();
  crm = webhook('http://127.0.0.1:9/');
});
afterEach(() => facts.client.end());

const take = (most = 100) => takeNext(facts.client, crm, new Date(), most);
const confirm = (messages: Waiting[]) =>
  settle(
    facts.client,
    systemClock,
    crm,
    messages.map((message) => ({ message, outcome: { is: 'confirmed' } })),
  );
const shown = (messages: Waiting[]) =>
  messages.map(({ document }) => {
    const {
      type,
      customer_reference: customer,
      order_reference: order,
      order_count: count,
    } = JSON.parse(document);
    return [type, customer, order ?? count].join(' ');
  });

async function told(): Promise<string[]> {
  await facts.fill([crm]);
  const messages = await take();
  await confirm(messages);
  return shown(messages).sort();
}

describe('what leaves', () => {
  test('a customer whose content differs from what was last confirmed, and nobody else', async () => {
    await facts.are({ ann: 1, ben: 2 });
    expect(await told()).toEqual(['customer_message ann 1', 'customer_message ben 2']);
    expect(await told()).toEqual([]);
    await facts.are({ ann: 1, ben: 3 });
    expect(await told()).toEqual(['customer_message ben 3']);
    // One who is no longer there is no news; back with the same content, neither.
    await facts.are({ ben: 3 });
    expect(await told()).toEqual([]);
    await facts.are({ ann: 1, ben: 3 });
    expect(await told()).toEqual([]);
  });

  test('errors as often as they occur, and each that is resolved, once', async () => {
    const [one, other] = [
      { customer: null, order: '7' },
      { customer: 'eve', order: '8' },
    ];
    await facts.are({}, [one, one, other]);
    expect(await told()).toEqual(['error_message  7', 'error_message  7', 'error_message eve 8']);
    await facts.are({}, [one, other]);
    expect(await told()).toEqual(['error_resolved_message  7']);
    expect(await told()).toEqual([]);
    await facts.are({}, [one, one]);
    expect(await told()).toEqual(['error_message  7', 'error_resolved_message eve 8']);
    await facts.are({});
    expect(await told()).toEqual(['error_resolved_message  7', 'error_resolved_message  7']);
  });

  test('decimals with all their digits', async () => {
    await facts.are({ ann: 3 });
    await facts.fill([crm]);
    expect((await take())[0]!.document).toContain('"total_price": 3.30');
  });

  test('to each destination what it asks for', async () => {
    const errors = webhook('http://127.0.0.1:9/', { name: 'desk', messages: ['error'] });
    const nobody = webhook('http://127.0.0.1:9/', { name: 'far', agencies: ['agency_b'] });
    await facts.are({ ann: 1 }, [{ customer: 'eve', order: '8' }]);
    await facts.fill([crm, errors, nobody]);
    expect(shown(await takeNext(facts.client, errors, new Date(), 10))).toEqual(['error_message eve 8']);
    expect(await takeNext(facts.client, nobody, new Date(), 10)).toEqual([]);
    expect(await take()).toHaveLength(2);
  });
});

test('what waits and is no longer for a destination is not sent, and is told if it is for it again', async () => {
  const customersOnly = webhook('http://127.0.0.1:9/', { messages: ['customer'] });
  await facts.are({ ann: 1 }, [{ customer: 'eve', order: '8' }]);
  await facts.fill([crm]);
  // Also by a command that comes before the outbox is compared anew.
  expect(shown(await takeNext(facts.client, customersOnly, new Date(), 10))).toEqual([
    'customer_message ann 1',
  ]);
  await facts.fill([customersOnly]);
  expect(await facts.query('select kind from tally.outbox')).toEqual([{ kind: 'customer' }]);
  expect(await told()).toEqual(['customer_message ann 1', 'error_message eve 8']);
});

describe('what was not tried yet', () => {
  test('gives way to what is newer, and goes when it is no longer true', async () => {
    await facts.are({ ann: 1 }, [{ customer: 'eve', order: '8' }]);
    await facts.fill([crm]);
    await facts.are({ ann: 2 });
    expect(await told()).toEqual(['customer_message ann 2']);
  });

  test('goes when what was confirmed last is true again', async () => {
    await facts.are({ ann: 1 });
    await told();
    await facts.are({ ann: 2 });
    await facts.fill([crm]);
    await facts.are({ ann: 1 });
    expect(await told()).toEqual([]);
  });
});

describe('what may have arrived already', () => {
  test('is followed by what is true, even if that is what was confirmed last', async () => {
    await facts.are({ ann: 1 }, []);
    await told();
    await facts.are({ ann: 2 }, [{ customer: 'eve', order: '8' }]);
    await facts.fill([crm]);
    await take();
    await facts.are({ ann: 1 });
    // More than once: the doubt stays until something is confirmed.
    await facts.fill([crm]);
    expect(await told()).toEqual(['customer_message ann 1', 'error_resolved_message eve 8']);
    expect(await told()).toEqual([]);
  });

  test('and is confirmed after something newer has taken its place does not count as what is known', async () => {
    await facts.are({ ann: 1 });
    await facts.fill([crm]);
    const underway = await take();
    await facts.are({ ann: 2 });
    await facts.fill([crm]);
    await confirm(underway);
    expect(await told()).toEqual(['customer_message ann 2']);
  });

  test('keeps its id while it says the same', async () => {
    await facts.are({ ann: 1 });
    await facts.fill([crm]);
    const [first] = await take();
    await facts.fill([crm]);
    expect((await take()).map(({ id }) => id)).toEqual([first!.id]);
  });

  test('and was parked gives way too', async () => {
    await facts.are({ ann: 1 });
    await facts.fill([crm]);
    const [message] = await take();
    await settle(facts.client, systemClock, crm, [
      { message: message!, outcome: { is: 'refused', poison: true, why: 'no' } },
    ]);
    await facts.fill([crm]);
    expect(await take()).toEqual([]);
    await facts.are({ ann: 2 });
    expect(await told()).toEqual(['customer_message ann 2']);
  });
});

/** What a consumer knows that takes each message, as they arrive: of each subject the last one counts. */
class Consumer {
  readonly customers = new Map<string, number>();
  readonly errors = new Map<string, string>();

  hear({ subject, document }: Waiting): void {
    const { type, ...about } = JSON.parse(document) as Record<string, string | number>;
    if (type === 'customer_message') this.customers.set(subject, Number(about.order_count));
    else if (type === 'error_message')
      this.errors.set(subject, `${about.customer_reference} ${about.order_reference}`);
    else this.errors.delete(subject);
  }
}

type Step =
  | { do: 'change'; customers: Record<string, number>; errors: Fact[] }
  /** So many are taken; of them the first `arrive`, and of these the first `confirmed` are confirmed to us. */
  | { do: 'send'; take: number; arrive: number; confirmed: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('change' as const),
      customers: fc.dictionary(fc.constantFrom('ann', 'ben', 'cid'), fc.integer({ min: 0, max: 2 })),
      errors: fc.array(
        fc.record({ customer: fc.constantFrom('eve', null), order: fc.constantFrom('7', '8') }),
        {
          maxLength: 3,
        },
      ),
    }),
    fc.record({
      do: fc.constant('send' as const),
      take: fc.integer({ min: 1, max: 4 }),
      arrive: fc.integer({ min: 0, max: 4 }),
      confirmed: fc.integer({ min: 0, max: 4 }),
    }),
  ),
  { minLength: 4, maxLength: 12 },
) as fc.Arbitrary<Step[]>;

test('whatever changes, is lost or is never confirmed: in the end a consumer that drops repeats knows what is true', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      await facts.client.query(
        'delete from tally.outbox; delete from tally.sent_messages; delete from tally.destinations',
      );
      const consumer = new Consumer();
      const seen = new Set<string>();
      const hear = (messages: Waiting[]) => {
        for (const message of messages) {
          if (!seen.has(message.id)) consumer.hear(message);
          seen.add(message.id);
        }
      };
      let last: Extract<Step, { do: 'change' }> = { do: 'change', customers: {}, errors: [] };
      for (const step of all) {
        if (step.do === 'change') {
          last = { ...step, customers: { ...last.customers, ...step.customers } };
          await facts.are(last.customers, last.errors);
          await facts.fill([crm]);
        } else {
          const arrived = (await take(step.take)).slice(0, step.arrive);
          hear(arrived);
          await confirm(arrived.slice(0, step.confirmed));
        }
      }
      for (let rest = await take(); rest.length > 0; rest = await take()) {
        hear(rest);
        await confirm(rest);
      }
      expect(Object.fromEntries(consumer.customers)).toEqual(last.customers);
      expect([...consumer.errors.values()].sort()).toEqual(
        last.errors.map(({ customer, order }) => `${customer} ${order}`).sort(),
      );
    }),
    { numRuns: 20 },
  );
});
