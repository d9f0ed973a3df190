import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import type { Destination } from './destinations.js';

export interface DestinationStatus {
  destination: string;
  /** Null where destinations.yaml no longer declares it. */
  kind: string | null;
  waiting: number;
  sent: number;
  parked: number;
  oldest_waiting_at: Date | null;
  last_sent_at: Date | null;
  next_try_at: Date | null;
  down_since: Date | null;
  /** Why it is down; else why what waits was refused. */
  last_error: string | null;
}

export interface ParkedMessage {
  destination: string;
  message_id: string;
  agency: string;
  type: string;
  customer_reference: string | null;
  tries: number;
  last_error: string;
  document: string;
  created_at: Date;
}

/** Each destination that is declared, and each that was and still has messages. */
export async function listDestinations(
  client: Client,
  declared: Destination[],
): Promise<DestinationStatus[]> {
  const { rows } = await client.query<
    Omit<DestinationStatus, 'kind' | 'waiting' | 'sent' | 'parked'> &
      Record<'waiting' | 'sent' | 'parked', string>
  >(statement('messages/list_destinations'));
  const kinds = new Map(declared.map(({ name, kind }) => [name, kind]));
  const known = rows.map((row) => ({
    ...row,
    kind: kinds.get(row.destination) ?? null,
    waiting: Number(row.waiting),
    sent: Number(row.sent),
    parked: Number(row.parked),
  }));
  const unused = declared
    .filter(({ name }) => !known.some((each) => each.destination === name))
    .map(({ name, kind }): DestinationStatus => ({ destination: name, kind, ...NOTHING_YET }));
  return [...known.filter((each) => each.kind !== null || each.waiting + each.parked > 0), ...unused].sort(
    (a, b) => (a.destination < b.destination ? -1 : 1),
  );
}

const NOTHING_YET = {
  waiting: 0,
  sent: 0,
  parked: 0,
  oldest_waiting_at: null,
  last_sent_at: null,
  next_try_at: null,
  down_since: null,
  last_error: null,
};

export async function listParked(
  client: Client,
  destination: string | undefined,
  limit: number,
): Promise<ParkedMessage[]> {
  const { rows } = await client.query<ParkedMessage>(statement('messages/list_parked'), [destination, limit]);
  return rows;
}

/** Parked messages wait again, as if they had never been tried; tells how many. */
export async function retryMessages(
  client: Client,
  { destination, message }: { destination?: string | undefined; message?: string | undefined },
): Promise<number> {
  const { rowCount } = await client.query(statement('messages/retry_messages'), [destination, message]);
  return rowCount ?? 0;
}
