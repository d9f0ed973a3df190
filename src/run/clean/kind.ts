import type { Config } from '../../config.js';
import type { TallyError } from '../../errors.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import type { Session } from '../session.js';

/** So many of a kind, and the room that they take. */
export interface Amount {
  count: number;
  bytes: number;
}

export interface CleanContext extends Session {
  signal: AbortSignal;
  /** What could not be cleaned, where that is a fault. */
  errors: TallyError[];
}

/** One kind of thing that is kept for a time, and then cleaned. */
export interface Kind {
  what: 'archive' | 'invalid_rows' | 'slots' | 'alarms' | 'verifications';
  /** Which setting says for how long. */
  kept: keyof Config['keepDays'];
  /** How much of it is of before a moment and may go. */
  measure(client: Client, before: Date): Promise<Amount>;
  /** Lets go of it, and tells how much is left for the next time because someone is at it. */
  clean(context: CleanContext, before: Date): Promise<Amount & { left: number }>;
}

export function sumOf(amounts: Amount[]): Amount {
  const sum = { count: 0, bytes: 0 };
  for (const { count, bytes } of amounts) {
    sum.count += count;
    sum.bytes += bytes;
  }
  return sum;
}

/** The sum of what a select finds, which may be millions of rows. */
export async function measure(client: Client, rows: string, values: unknown[]): Promise<Amount> {
  return askAmount(client, statement('clean/measure', { rows }), values);
}

export async function askAmount(client: Client, sql: string, values: unknown[]): Promise<Amount> {
  const { rows } = await client.query<{ count: string; bytes: string }>(sql, values);
  return { count: Number(rows[0]!.count), bytes: Number(rows[0]!.bytes) };
}
