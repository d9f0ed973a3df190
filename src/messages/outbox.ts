import type { Clock } from '../clock.js';
import type { Client } from '../warehouse/connect.js';
import { prepared } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { Destination } from './destinations.js';
import type { Message, Outcome } from './publisher.js';

/** A message of the outbox. */
export interface Waiting extends Message {
  tries: number;
}

const LONGEST_WAIT_SECONDS = 3600;

/**
 * What goes next, in its order. From now on it may have reached the destination: that is written down before the
 * first byte is sent, so that whoever fills the outbox knows it, also if we die.
 */
export async function takeNext(
  client: Client,
  destination: Destination,
  now: Date,
  most: number,
): Promise<Waiting[]> {
  return transaction(client, async () => {
    await client.query(prepared('messages/lock_destination', [destination.name]));
    const { rows } = await client.query<{
      outbox_id: string;
      message_id: string;
      agency: string;
      subject: string;
      customer_reference: string | null;
      lane: string;
      type: string;
      document: string;
      tries: number;
      created_at: Date;
    }>(prepared('messages/list_next', [destination.name, now, most]));
    const last = rows.at(-1);
    if (last) await client.query(prepared('messages/mark_tried', [destination.name, last.outbox_id]));
    return rows.map((row) => ({
      id: row.message_id,
      agency: row.agency,
      subject: row.subject,
      type: row.type,
      customerReference: row.customer_reference,
      lane: row.lane,
      document: row.document,
      createdAt: row.created_at,
      tries: row.tries,
    }));
  });
}

export type Fate = { message: Waiting; outcome: Outcome };

/** Writes down what became of messages; tells how many of them are parked now. Those that were lost stay as they are. */
export async function settle(
  client: Client,
  clock: Clock,
  destination: Destination,
  fates: Fate[],
): Promise<{ confirmed: number; parked: number }> {
  const confirmed = fates
    .filter(({ outcome }) => outcome.is === 'confirmed')
    .map(({ message }) => message.id);
  let parked = 0;
  await transaction(client, async () => {
    // First of all, as whoever fills the outbox does: else each could wait for the other.
    await client.query(prepared('messages/lock_destination', [destination.name]));
    if (confirmed.length > 0)
      await client.query(prepared('messages/settle_messages', [destination.name, confirmed, clock.now()]));
    for (const { message, outcome } of fates) {
      if (outcome.is === 'refused') parked += await refuse(client, clock, destination, message, outcome);
    }
  });
  return { confirmed: confirmed.length, parked };
}

async function refuse(
  client: Client,
  clock: Clock,
  destination: Destination,
  message: Waiting,
  { why, poison }: { why: string; poison: boolean },
): Promise<number> {
  const tries = message.tries + 1;
  const isParked = poison || tries >= destination.tries;
  const wait = Math.min(LONGEST_WAIT_SECONDS, destination.retry_seconds * 2 ** (tries - 1));
  const values = [tries, isParked ? 'parked' : 'waiting', isParked ? null : later(clock, wait), why];
  await client.query(prepared('messages/refuse_message', [destination.name, message.id, ...values]));
  return isParked ? 1 : 0;
}

/** Lets others go first, without holding it against the message. */
export async function postpone(
  client: Client,
  clock: Clock,
  destination: Destination,
  message: Waiting,
  why: string,
): Promise<void> {
  const values = [message.tries, 'waiting', later(clock, Math.max(1, destination.retry_seconds)), why];
  await client.query(prepared('messages/refuse_message', [destination.name, message.id, ...values]));
}

function later(clock: Clock, seconds: number): Date {
  return new Date(clock.now().getTime() + seconds * 1000);
}

export async function markDown(
  client: Client,
  clock: Clock,
  destination: Destination,
  why: string,
): Promise<void> {
  await client.query(prepared('messages/mark_down', [destination.name, clock.now(), why]));
}
