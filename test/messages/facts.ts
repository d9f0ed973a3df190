import { systemClock } from '../../src/clock.js';
import type { Destination } from '../../src/messages/destinations.js';
import { fillOutbox } from '../../src/messages/fill.js';
import { connectTo, type Client } from '../../src/warehouse/connect.js';
import { cloneWarehouse } from '../setup/warehouse.js';

/**
 * A warehouse whose messages are what a test writes into a table: the outbox reads nothing but the two views, so it
 * cannot tell.
 */
export interface Facts {
  url: string;
  client: Client;
  /** All that is true from now on: customers with a number of orders; errors, as often as they stand there. */
  are(customers: Record<string, number>, errors?: Fact[]): Promise<void>;
  fill(destinations: Destination[], options?: { all?: boolean; agencies?: string[] }): Promise<void>;
  query<Row extends Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
}

export interface Fact {
  customer: string | null;
  order: string | null;
  message?: string;
}

const VIEWS = `
  drop view if exists customer_message, error_message cascade;
  create table customer_fact (agency text, customer_reference text, order_count bigint);
  create table error_fact (agency text, customer_reference text, order_reference text, message text);
  create view customer_message as
    select agency, customer_reference, jsonb_build_object('type', 'customer_message', 'customer_reference',
      customer_reference, 'order_count', order_count, 'total_price', order_count * 1.10) as message
    from customer_fact;
  create view error_message as
    select agency, customer_reference, order_reference, jsonb_build_object('type', 'error_message', 'customer_reference',
      customer_reference, 'order_reference', order_reference, 'message', message) as message
    from error_fact`;

export async function createFacts(): Promise<Facts> {
  const url = await cloneWarehouse();
  const client = await connectTo(url, 'test');
  // What a crash of the server would lose is not what is tested.
  await client.query('set synchronous_commit = off');
  await client.query(VIEWS);
  return {
    url,
    client,
    query: async (sql, values) => (await client.query(sql, values)).rows,
    async are(customers, errors = []) {
      await client.query('delete from customer_fact');
      await client.query('delete from error_fact');
      await client.query(
        `insert into customer_fact select 'agency_a', key, value::bigint from jsonb_each_text($1)`,
        [JSON.stringify(customers)],
      );
      await client.query(
        `insert into error_fact
         select 'agency_a', customer, "order", coalesce(message, 'not found')
         from jsonb_to_recordset($1) as fact (customer text, "order" text, message text)`,
        [JSON.stringify(errors)],
      );
    },
    fill: (destinations) =>
      fillOutbox({ client, clock: systemClock, runId: '0', config: { lockWaitSeconds: 10 } }, destinations, {
        all: true,
        signal: new AbortController().signal,
      }),
  };
}

export function webhook(url: string, given: Partial<Destination> = {}): Destination {
  return {
    kind: 'webhook',
    name: 'crm',
    url,
    headers: {},
    concurrency: 8,
    envelope: false,
    messages: ['customer', 'error'],
    tries: 3,
    retry_seconds: 0,
    timeout_seconds: 5,
    redact: (text: string) => text,
    ...given,
  } as Destination;
}
