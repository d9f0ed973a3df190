import type { Day } from '../clock.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

/** The business dates of a feed that are asked for. */
export interface Span {
  feed: string;
  /** undefined: all. */
  agency: string | undefined;
  from: Day;
  to: Day;
}

/** Of an agency and a business date the delivery that counts, or the one that came last if none was loaded. */
export interface Replayable {
  business_date: Day;
  agency: string;
  agency_name: string | null;
  time_zone: string | null;
  delivery_id: string;
  file_name: string;
  sha256: string;
  archived_as: string | null;
  archived_packed: boolean;
  /** When its file was cleaned from the archive. */
  archive_cleaned_at: Date | null;
  load_id: string;
  outcome: string | null;
  is_rolled_back: boolean;
  /** What its content gave when it was loaded last; null where it never was. */
  rows_read: string | null;
  rows_loaded: string | null;
  rows_invalid: string | null;
  was_accepted: boolean;
}

/** By date, then by agency. */
export async function listReplayable(
  client: Client,
  { feed, agency, from, to }: Span,
): Promise<Replayable[]> {
  const values = [feed, agency, from, to];
  return (await client.query<Replayable>(statement('ledger/list_replayable'), values)).rows;
}

export interface OpenBackfill {
  backfill_id: string;
  rules_sha256: string;
  started_at: Date;
}

/** The backfill of just these dates that has not come to its end. */
export async function findOpenBackfill(
  client: Client,
  { feed, agency, from, to }: Span,
): Promise<OpenBackfill | undefined> {
  const values = [feed, agency, from, to];
  return (await client.query<OpenBackfill>(statement('ledger/find_open_backfill'), values)).rows[0];
}

export async function startBackfill(
  client: Client,
  { feed, agency, from, to }: Span,
  rulesSha256: string,
  now: Date,
): Promise<string> {
  const values = [feed, agency, from, to, rulesSha256, now];
  const { rows } = await client.query<{ backfill_id: string }>(statement('ledger/start_backfill'), values);
  return rows[0]!.backfill_id;
}

export async function finishBackfill(
  client: Client,
  backfillId: string,
  outcome: 'done' | 'given_up',
  now: Date,
): Promise<void> {
  await client.query(statement('ledger/finish_backfill'), [backfillId, now, outcome]);
}

/** What a backfill has done with already. */
export interface Replayed {
  delivery_id: string;
  load_id: string;
  outcome: 'loaded' | 'held';
  live: boolean;
  rows_read: string;
  rows_loaded: string;
  rows_invalid: string;
  code: string | null;
  message: string | null;
}

export async function listReplayed(client: Client, backfillId: string): Promise<Map<string, Replayed>> {
  const { rows } = await client.query<Replayed>(statement('ledger/list_replayed'), [backfillId]);
  return new Map(rows.map((row) => [row.delivery_id, row]));
}

export async function recordReplayFailure(
  client: Client,
  { runId, backfillId, feed, now }: { runId: string; backfillId: string; feed: string; now: Date },
  { delivery_id, agency, business_date, file_name }: Replayable,
  { code, message }: { code: string; message: string },
): Promise<string> {
  const values = [runId, backfillId, delivery_id, feed, agency, business_date, file_name, now, code, message];
  const { rows } = await client.query<{ load_id: string }>(statement('ledger/record_replay_failure'), values);
  return rows[0]!.load_id;
}
