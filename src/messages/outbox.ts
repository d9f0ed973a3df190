import type { Clock } from '../clock.js';
import type { Client } from '../warehouse/connect.js';
import { prepared } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { Destination } from './destinations.js';
import type { Message, Outcome } from './publisher.js';

/** A message of the outbox. */
export interface Waiting extends Message {
  /** Its row, by which it is found at once. */
  outboxId: string;
  tries: number;
}

const LONGEST_WAIT_SECONDS = 3600;

/**
 * What goes next, in its order. From now on it may have reached the destination: that is written down before the
 * first byte is sent, so that whoever fills the outbox knows it, also if we die.
 */
export async function takeNext(
  client: Client,
  { name, messages, agencies }: Destination,
  now: Date,
  most: number,
): Promise<Waiting[]> {
  return transaction(client, async () => {
    await client.query(prepared('messages/lock_destination', [name]));
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
    }>(prepared('messages/list_next', [name, now, most, messages, agencies]));
    const last = rows.at(-1);
    if (last) await client.query(prepared('messages/mark_tried', [name, last.outbox_id]));
    return rows.map((row) => ({
      outboxId: row.outbox_id,
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

/** Writes down what became of messages, and tells how many are confirmed, tried again later, and parked. The others stay as they are. */
export async function settle(
  client: Client,
  clock: Clock,
  destination: Destination,
  fates: Fate[],
): Promise<Record<'confirmed' | 'refused' | 'parked', number>> {
  const confirmed = fates
    .filter(({ outcome }) => outcome.is === 'confirmed')
    .map(({ message }) => message.outboxId);
  const refused = fates.flatMap(({ message, outcome }) =>
    outcome.is === 'refused' ? [refusedNow(clock, destination, message, outcome)] : [],
  );
  await transaction(client, async () => {
    // First of all, as whoever fills the outbox does: else each could wait for the other.
    await client.query(prepared('messages/lock_destination', [destination.name]));
    if (confirmed.length > 0)
      await client.query(prepared('messages/settle_messages', [destination.name, confirmed, clock.now()]));
    if (refused.length > 0) await putBack(client, refused);
  });
  const parked = refused.filter(({ state }) => state === 'parked').length;
  return { confirmed: confirmed.length, refused: refused.length - parked, parked };
}

/** A message that stays in the outbox, and what is written down of it. */
interface Back {
  outboxId: string;
  tries: number;
  state: 'waiting' | 'parked';
  nextTryAt: Date | null;
  why: string;
}

function refusedNow(
  clock: Clock,
  destination: Destination,
  message: Waiting,
  { why, poison }: { why: string; poison: boolean },
): Back {
  const { outboxId } = message;
  const tries = message.tries + 1;
  if (poison || tries >= destination.tries) return { outboxId, tries, state: 'parked', nextTryAt: null, why };
  const wait = Math.min(LONGEST_WAIT_SECONDS, destination.retry_seconds * 2 ** (tries - 1));
  return { outboxId, tries, state: 'waiting', nextTryAt: later(clock, wait), why };
}

/** Lets others go first, without holding it against the message. */
export async function postpone(
  client: Client,
  clock: Clock,
  destination: Destination,
  { outboxId, tries }: Waiting,
  why: string,
): Promise<void> {
  const nextTryAt = later(clock, Math.max(1, destination.retry_seconds));
  await putBack(client, [{ outboxId, tries, state: 'waiting', nextTryAt, why }]);
}

async function putBack(client: Client, messages: Back[]): Promise<void> {
  const columns = (['outboxId', 'tries', 'state', 'nextTryAt', 'why'] as const).map((column) =>
    messages.map((message) => message[column]),
  );
  await client.query(prepared('messages/put_back', columns));
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
