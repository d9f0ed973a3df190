import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { Agencies } from '../feeds/agencies.js';
import type { Feed } from '../feeds/feed.js';
import { dropOrphans } from '../load/invalid.js';
import { recordAgencies } from '../load/record.js';
import { columnDefinition, ensureFeedTables } from '../load/tables.js';
import type { Log } from '../log.js';
import type { Client, Warehouse } from '../warehouse/connect.js';
import { sqlState } from '../warehouse/failure.js';
import { tryLock, unlock, waitForLock } from '../warehouse/locks.js';
import { migrate, pendingMigrations } from '../warehouse/migrate.js';
import { keepGrants, takeOwnerRole } from '../warehouse/roles.js';
import { statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import { buildViews, sqlFiles, type BuiltViews } from '../warehouse/views.js';

export interface Prepared {
  migrated: string[];
  views: BuiltViews;
}

const LOCK = 'tally prepare';
const PATIENCE_SECONDS = 60;

/** Brings the warehouse to what the code and the feeds say: migrations, agencies, tables, views. */
export async function prepare(
  warehouse: Warehouse,
  client: Client,
  { config, feeds, agencies }: { config: Config; feeds: Feed[]; agencies: Agencies },
): Promise<Prepared> {
  if (!(await waitForLock(client, LOCK, PATIENCE_SECONDS))) {
    throw new TallyError(
      'load_busy',
      `Another command has been preparing the database for ${PATIENCE_SECONDS} s.`,
      {
        hint: 'Try again when it is done.',
      },
    );
  }
  try {
    const migrated = await pendingMigrations(client);
    if (migrated.length > 0) {
      await migrate(warehouse.url);
      await transaction(client, () => keepGrants(client));
    }
    const views = await transaction(client, async () => {
      await client.query(statement('load/set_patience', { patience: '10s' }));
      await recordAgencies(client, agencies.list);
      await ensureFeedTables(client, feeds);
      return buildOwnViews(client, config, feeds);
    });
    return { migrated, views };
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error;
    throw new TallyError(
      'database_error',
      'A table or view must be changed, and a query on it has been running for 10 s.',
      {
        hint: 'Run the same command again when the query is done.',
        cause: error,
      },
    );
  } finally {
    await unlock(client, LOCK);
  }
}

/** What a view may find of a feed: its table, the columns, their types. */
function tableText(feed: Feed): string {
  return [feed.name, ...feed.columns.map(columnDefinition)].join();
}

/** Views belong to the owner, where there are roles; who may read them is granted anew with them. */
async function buildOwnViews(client: Client, { workspace }: Config, feeds: Feed[]): Promise<BuiltViews> {
  await takeOwnerRole(client);
  const views = await buildViews(client, sqlFiles('views', workspace), feeds.map(tableText).join('\n'));
  if (views.built.length > 0) await keepGrants(client);
  return views;
}

/** Held by a run as long as it lives, and given back with its connection: so one that died is known. */
export function runLock(runId: string): string {
  return `tally run ${runId}`;
}

/**
 * Runs whose process is gone without a word are told so in the ledger, and with them their unfinished loads. A
 * connection is given its own locks again, so `own`, the run that asks, is passed over.
 */
export async function markCrashed(client: Client, log: Log, own?: string): Promise<void> {
  const { rows } = await client.query<{ run_id: string }>(statement('ledger/list_unfinished_runs'));
  for (const { run_id: runId } of rows) {
    if (runId === own) continue;
    if (!(await tryLock(client, runLock(runId)))) continue;
    const { rows: loads } = await client.query(statement('ledger/mark_run_crashed'), [runId]);
    await unlock(client, runLock(runId));
    log.warn('a run had crashed', { crashed_run_id: Number(runId), loads });
  }
  // A load that lost its connection has closed its run over another, and left its table all the same.
  await dropOrphans(client);
}
