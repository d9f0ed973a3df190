import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { loadAgencies } from '../feeds/agencies.js';
import { loadFeeds } from '../feeds/feed.js';
import { listFreshness, type Freshness } from '../ledger/freshness.js';
import { lastRun, type LastRun } from '../ledger/questions.js';
import type { Client, Warehouse } from '../warehouse/connect.js';
import { pendingMigrations } from '../warehouse/migrate.js';
import { prepare } from './prepare.js';
import { withClient } from './session.js';

export interface Status {
  lastRun: LastRun | undefined;
  agencies: Freshness[];
}

/** Asks the ledger without changing anything, unless there is no ledger yet. */
export async function askLedger<T>(
  config: Config,
  ask: (client: Client, warehouse: Warehouse) => Promise<T>,
): Promise<T> {
  return withClient(config, async (warehouse, client) => {
    if ((await pendingMigrations(client)).length > 0) {
      const [feeds, agencies] = [loadFeeds(config.workspace), loadAgencies(config.workspace)];
      await prepare(warehouse, client, { config, feeds, agencies });
    }
    return ask(client, warehouse);
  });
}

/** How fresh each agency's data is, for each feed that it delivers or should deliver. */
export async function readStatus(config: Config, clock: Clock): Promise<Status> {
  const feeds = loadFeeds(config.workspace);
  const agencies = loadAgencies(config.workspace);
  return askLedger(config, async (client) => ({
    lastRun: await lastRun(client),
    agencies: await listFreshness({ client, config, feeds, agencies }, clock.now()),
  }));
}
