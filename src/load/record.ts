import { TallyError } from '../errors.js';
import type { Agency } from '../feeds/agencies.js';
import type { Client } from '../warehouse/connect.js';
import { prepared, quoteName, statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { Delivery, LoadContext, LoadResult } from './delivery.js';
import type { Counted } from './fill.js';
import type { Decision } from './known.js';
import type { LoadOptions } from './load.js';
import { skipped } from './result.js';
import { agencyTable } from './tables.js';

export async function recordAgencies(client: Client, agencies: Agency[]): Promise<void> {
  const values = [
    agencies.map((agency) => agency.key),
    agencies.map((agency) => agency.name),
    agencies.map((agency) => agency.timeZone),
  ];
  await client.query(statement('ledger/record_agencies'), values);
}

export interface OpenedLoad {
  loadId: string;
  deliveryId: string;
  /** Whether the agency is in the ledger and has its table. */
  isPrepared: boolean;
}

export async function openLoad(
  context: LoadContext,
  delivery: Delivery,
  backfillId: string | undefined,
): Promise<OpenedLoad> {
  const { client, clock, config, runId } = context;
  const { feed, agency, businessDate, fileName, size, sha256, control } = delivery;
  const table = agencyTable(feed, agency.key);
  const { rows } = await client.query<{ load_id: string; delivery_id: string; is_prepared: boolean }>(
    prepared('ledger/open_load', [
      runId,
      feed.name,
      agency.key,
      businessDate,
      fileName,
      size,
      sha256,
      clock.now(),
      table.name,
      quoteName(table),
      agency.name,
      agency.timeZone,
      agency.timeZone ?? config.timeZone,
      control && JSON.stringify(control),
      backfillId,
    ]),
  );
  const [opened] = rows;
  return { loadId: opened!.load_id, deliveryId: opened!.delivery_id, isPrepared: opened!.is_prepared };
}

export async function recordCounts({ client }: LoadContext, loadId: string, filled: Counted): Promise<void> {
  const { rowsRead, rowsLoaded, rowsInvalid, rowsRepeated, warnings, drift, fields } = filled;
  if (rowsRead !== rowsLoaded + rowsInvalid) {
    throw new TallyError(
      'rows_unbalanced',
      `${rowsRead} rows were read, ${rowsLoaded} loaded and ${rowsInvalid} set aside: a row has no fate, so nothing was published.`,
      { hint: 'This is a fault of Tallyhouse: please report it with the file.' },
    );
  }
  const values = [
    loadId,
    rowsRead,
    rowsLoaded,
    rowsInvalid,
    rowsRepeated,
    JSON.stringify(warnings),
    JSON.stringify(drift),
    JSON.stringify(fields),
  ];
  await client.query(prepared('ledger/record_counts', values));
}

export async function closeLoad(
  { client, clock }: LoadContext,
  { loadId, outcome, live, code, message, warnings, seconds }: LoadResult,
): Promise<void> {
  const values = [loadId, outcome, live, code, message, JSON.stringify(warnings), clock.now(), seconds];
  await client.query(prepared('ledger/close_load', values));
}

/** The ledger's word on a failure; where the connection is gone, over a new one if there is any to be had. */
export async function closeFailed(
  context: LoadContext,
  loadId: string,
  failure: TallyError,
  began: Date,
): Promise<void> {
  const now = context.clock.now();
  const values = [loadId, failure.code, failure.message, now, since(began, now)];
  try {
    await context.client.query(statement('ledger/fail_load'), values);
  } catch {
    // Without a database the row stays open, and the next start marks it as crashed.
    const client = await context.warehouse.connect('tally ledger').catch(() => undefined);
    if (!client) return;
    await transaction(client, async () => {
      // The server may not know yet that the connection is gone, on which the row is locked.
      await client.query(statement('load/set_patience', { patience: '5s' }));
      await client.query(statement('ledger/fail_load'), values);
    }).catch(() => {});
    await client.end().catch(() => {});
  }
}

/** A file that came again is a fact of its own; one that only still lies there is not. */
export async function skip(
  { client, clock, config, runId }: LoadContext,
  delivery: Delivery,
  options: LoadOptions,
  decision: Extract<Decision, { action: 'skip' }>,
): Promise<LoadResult> {
  if (decision.settled && (config.archiveDeliveries || options.again)) {
    const { feed, agency, businessDate, fileName } = delivery;
    await client.query(statement('ledger/record_skip'), [
      runId,
      decision.deliveryId,
      feed.name,
      agency.key,
      businessDate,
      fileName,
      clock.now(),
      decision.code,
      decision.message,
    ]);
  }
  return skipped(delivery, decision.loadId, decision.code, decision.message);
}

export function since(began: Date, now: Date): number {
  return (now.getTime() - began.getTime()) / 1000;
}
