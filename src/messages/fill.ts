import type { Clock } from '../clock.js';
import { TallyError } from '../errors.js';
import type { Client } from '../warehouse/connect.js';
import { unlock, waitForLock } from '../warehouse/locks.js';
import { statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { Destination } from './destinations.js';

interface FillContext {
  client: Client;
  clock: Clock;
  runId: string;
  config: { lockWaitSeconds: number };
}

/** Undefined: every agency. */
type Agencies = string[] | undefined;

interface Comparison {
  destination: Destination;
  agencies: Agencies;
  selection: string;
}

const LOCK = 'tally outbox';

/**
 * Compares what the warehouse says now with what each destination was told last, and puts the difference into the
 * outbox: for the agencies whose loads ask for it, and for all of a destination that is new or is to get other
 * messages than before. One transaction; a load is settled only in it, so nothing is forgotten, however often it fails.
 */
export async function fillOutbox(
  context: FillContext,
  destinations: Destination[],
  { all, signal }: { all: boolean; signal: AbortSignal },
): Promise<void> {
  const { client, config } = context;
  if (destinations.length === 0) return;
  if (!(await waitForLock(client, LOCK, config.lockWaitSeconds, signal))) {
    if (signal.aborted) return;
    throw new TallyError(
      'messages_busy',
      `Another command has been filling the outbox for ${config.lockWaitSeconds} s.`,
      { hint: 'The next run, or the next `tally messages publish`, goes on with it.' },
    );
  }
  try {
    await transaction(client, () => fill(context, destinations, all));
  } finally {
    await unlock(client, LOCK);
  }
}

async function fill(
  { client, clock, runId }: FillContext,
  destinations: Destination[],
  all: boolean,
): Promise<void> {
  await client.query(statement('messages/set_bounds'));
  await client.query(statement('messages/record_destinations'), [destinations.map(({ name }) => name)]);
  const { rows: due } = await client.query<{ load_id: string; agency: string; is_read: boolean }>(
    statement('messages/find_due'),
    [runId],
  );
  const agencies = new Set(due.filter((load) => load.is_read).map(({ agency }) => agency));
  const comparisons = await comparisonsOf(client, destinations, [...agencies], all);
  if (comparisons.length > 0) {
    await wish(client, comparisons);
    for (const each of comparisons) await compare(client, clock, each);
  }
  await client.query(statement('messages/settle_due'), [due.map(({ load_id: id }) => id)]);
}

async function comparisonsOf(
  client: Client,
  destinations: Destination[],
  due: string[],
  all: boolean,
): Promise<Comparison[]> {
  const { rows } = await client.query<{ destination: string; selection: string | null }>(
    statement('messages/list_selections'),
    [destinations.map(({ name }) => name)],
  );
  const known = new Map(rows.map((row) => [row.destination, row.selection]));
  return destinations.flatMap((destination): Comparison[] => {
    const selection = selectionOf(destination);
    if (all || known.get(destination.name) !== selection)
      return [{ destination, agencies: destination.agencies, selection }];
    const agencies = due.filter((agency) => destination.agencies?.includes(agency) ?? true);
    return agencies.length > 0 ? [{ destination, agencies, selection }] : [];
  });
}

/** Which messages a destination gets, as one text. */
function selectionOf({ messages, agencies }: Destination): string {
  return `${[...messages].sort().join()} of ${agencies ? [...agencies].sort().join() : 'all'}`;
}

/** What the destinations should know, computed once for all of them. */
async function wish(client: Client, comparisons: Comparison[]): Promise<void> {
  const kinds = new Set(comparisons.flatMap(({ destination }) => destination.messages));
  const agencies = comparisons.every((each) => each.agencies)
    ? [...new Set(comparisons.flatMap((each) => each.agencies!))]
    : null;
  const { rows } = await client.query<{ customer: boolean; error: boolean }>(
    statement('messages/find_views'),
  );
  await client.query(statement('messages/create_wanted'));
  // A workspace without these feeds has no such views, and nothing to tell.
  if (kinds.has('customer') && rows[0]!.customer)
    await client.query(statement('messages/want_customers'), [agencies]);
  if (kinds.has('error') && rows[0]!.error) await client.query(statement('messages/want_errors'), [agencies]);
  await client.query(statement('messages/analyze_wanted'));
}

async function compare(
  client: Client,
  clock: Clock,
  { destination, agencies, selection }: Comparison,
): Promise<void> {
  const { name, messages } = destination;
  await client.query(statement('messages/lock_destination'), [name]);
  await client.query(statement('messages/drop_unselected'), [name, messages, destination.agencies ?? null]);
  await client.query(statement('messages/fill_outbox'), [name, messages, agencies ?? null, clock.now()]);
  await client.query(statement('messages/record_selection'), [name, selection]);
}
