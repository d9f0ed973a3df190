import { setTimeout as sleep } from 'node:timers/promises';
import type { Day } from '../clock.js';
import { TallyError } from '../errors.js';
import { type Feed } from '../feeds/feed.js';
import type { Client } from '../warehouse/connect.js';
import { sqlState } from '../warehouse/failure.js';
import { prepared, quoteName, statement, type Relation } from '../warehouse/statements.js';
import type { Delivery, LoadContext } from './delivery.js';
import { recordDifferences } from './diff/compare.js';
import { interrupted } from './fill.js';
import { agencyTable, filledColumns, versionTable } from './tables.js';

type PublishContext = Pick<LoadContext, 'client' | 'config' | 'signal'>;

/** What readers see from the next moment on. */
export async function publish(
  context: PublishContext,
  delivery: Pick<Delivery, 'feed' | 'businessDate'> & { agency: { key: string } },
  loadId: string,
  live: boolean,
): Promise<void> {
  const { client, config } = context;
  const { feed, agency, businessDate } = delivery;
  if (feed.mode !== 'replace') {
    await merge(client, feed, agency.key, loadId, businessDate);
    await client.query(statement('load/drop_version', { version: versionTable(loadId) }));
    await client.query(prepared('ledger/retire_versions', [feed.name, agency.key, 0]));
    return;
  }
  if (!live) {
    await client.query(statement('load/drop_version', { version: versionTable(loadId) }));
    return;
  }
  // The ledger first: from the exchange on readers wait, until the commit.
  const { rows } = await client.query<{ old: string | null }>(
    prepared('ledger/publish_version', [loadId, feed.name, agency.key]),
  );
  await client.query(prepared('ledger/retire_versions', [feed.name, agency.key, config.keepVersions]));
  const { old } = rows[0]!;
  if (feed.diff === 'counts' && old !== null) await recordDifferences(client, feed, old, loadId);
  await exchange(context, feed, agency.key, { out: old ?? undefined, in: loadId });
}

/**
 * Exchanges the live version for another. It needs an exclusive lock for that moment only, and asks for it
 * with a short patience, again and again: so an analyst's long query is not ended, and makes nobody queue
 * behind us. What was done before in the transaction stays, thanks to the savepoint.
 */
export async function exchange(
  context: PublishContext,
  feed: Feed,
  agency: string,
  change: { out: string | undefined; in: string },
): Promise<void> {
  const { client, config, signal } = context;
  const end = Date.now() + config.publishWaitSeconds * 1000;
  const words = { agency_table: agencyTable(feed, agency), version: versionTable(change.in), agency };
  await makeIndexes(client, words.agency_table, words.version);
  const sql = change.out
    ? statement('load/exchange_version', { ...words, old_version: versionTable(change.out) })
    : statement('load/publish_version', words);
  for (let attempt = 0; ; attempt++) {
    try {
      await client.query(sql);
      return;
    } catch (error) {
      if (sqlState(error) !== '55P03') throw error;
      await client.query('rollback to savepoint exchange');
      if (signal.aborted) throw interrupted();
      if (Date.now() >= end) throw await blocked(client, feed, agency, change.out, config.publishWaitSeconds);
      // Longer from time to time, and never in step with another loader.
      await sleep(Math.min(1000, 20 * 1.5 ** Math.min(attempt, 10)) * (0.5 + Math.random()));
    }
  }
}

/**
 * Whoever asks for a customer again and again makes an index on the table. PostgreSQL would build it for a version when that is
 * attached, and readers would wait for it.
 */
async function makeIndexes(client: Client, table: Relation, version: Relation): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    prepared('load/list_missing_indexes', [quoteName(table), quoteName(version)]),
  );
  for (const each of rows) await client.query(each.statement);
}

async function blocked(
  client: Client,
  feed: Feed,
  agency: string,
  live: string | undefined,
  seconds: number,
): Promise<TallyError> {
  const relations = [agencyTable(feed, agency), ...(live ? [versionTable(live)] : [])].map(quoteName);
  const { rows } = await client.query<{
    pid: number;
    user: string;
    application: string;
    seconds: number | null;
    query: string;
  }>(statement('load/find_blockers'), [relations]);
  const who = rows.map(
    (row) =>
      `pid ${row.pid} (${row.user}${row.application ? `, ${row.application}` : ''}) for ${row.seconds ?? 0} s: ${row.query}`,
  );
  return new TallyError(
    'publish_blocked',
    `The new rows of ${quoteName(agencyTable(feed, agency).name)} could not be published within ${seconds} s. In the way: ${who.join('; ') || 'someone who has just left'}. The rows before stay.`,
    { hint: 'The next run loads the file again. To end a query: select pg_cancel_backend(PID).' },
  );
}

/** Puts the rows of an append or upsert load into the agency's table. */
export async function merge(
  client: Client,
  feed: Feed,
  agency: string,
  loadId: string,
  businessDate: Day,
): Promise<void> {
  const columns = filledColumns(feed);
  const words = {
    agency_table: agencyTable(feed, agency),
    version: versionTable(loadId),
    columns,
    key: feed.key!,
  };
  if (feed.mode === 'append') {
    await client.query(statement('load/append_rows', words));
  } else {
    const excluded = columns.map((column) => `excluded.${quoteName(column)}`).join(', ');
    await client.query(statement('load/upsert_rows', { ...words, excluded }), [businessDate]);
  }
}

/** Lets SQL see the rows of a version under the name next_version while `work` goes on. */
export async function withNextVersion<T>(client: Client, loadId: string, work: () => Promise<T>): Promise<T> {
  await client.query(statement('load/show_next_version', { version: versionTable(loadId) }));
  const result = await work();
  await client.query(statement('load/hide_next_version'));
  return result;
}

/** Old versions go when nobody reads them; whoever does is not waited for. `of`: only those of one lane. */
export async function dropRetired(
  client: Client,
  of?: { feed: { name: string }; agency: { key: string } },
): Promise<void> {
  const { rows } = await client.query<{ load_id: string }>(
    prepared('ledger/list_retired', [of?.feed.name, of?.agency.key]),
  );
  for (const { load_id: loadId } of rows) {
    const words = { version: versionTable(loadId), load_id: loadId };
    await client.query(statement('load/drop_retired_version', words)).catch((error: unknown) => {
      if (sqlState(error) !== '55P03') throw error;
    });
  }
}
