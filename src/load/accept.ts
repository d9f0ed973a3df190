import { TallyError } from '../errors.js';
import type { Agency } from '../feeds/agencies.js';
import { findFeed, type Feed } from '../feeds/feed.js';
import { unlock, waitForLock } from '../warehouse/locks.js';
import { prepared, statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { LoadContext, LoadResult } from './delivery.js';
import { keepHistory } from './history.js';
import { currentLoad } from './known.js';
import { lockName } from './load.js';
import { dropRetired, publish, withNextVersion } from './publish.js';

interface HeldLoad {
  load_id: string;
  feed: string;
  agency: string;
  business_date: string;
  file_name: string;
  outcome: string;
  rows_read: string;
  rows_loaded: string;
  rows_invalid: string;
  rows_repeated: string;
  warnings: LoadResult['warnings'];
  drift: LoadResult['drift'];
  sha256: string;
  version_state: string | null;
}

/** Publishes a load that was held: its version is there and complete, so this takes a moment at any size. */
export async function acceptHeld(
  context: LoadContext,
  feeds: Feed[],
  agencies: Agency[],
  loadId: string,
): Promise<LoadResult> {
  const { client, clock, config, signal } = context;
  const found = await findHeld(context, loadId);
  const feed = findFeed(feeds, found.feed);
  const agency = agencies.find((each) => each.key === found.agency) ?? { key: found.agency };
  const lock = lockName(feed.name, agency.key);
  if (!(await waitForLock(client, lock, config.lockWaitSeconds, signal))) {
    throw new TallyError(
      'load_busy',
      `Another load of ${feed.name} for ${agency.key} is going on; try again when it is done.`,
    );
  }
  try {
    const held = await findHeld(context, loadId);
    const began = clock.now();
    const current = await currentLoad(client, feed.name, agency.key);
    const live =
      feed.mode !== 'replace' || current === undefined || held.business_date >= current.businessDate;
    await transaction(client, async () => {
      await withNextVersion(client, loadId, () =>
        keepHistory(client, context.histories, feed, {
          counted: loadId,
          agency: agency.key,
          businessDate: held.business_date,
        }),
      );
      await publish(context, { feed, agency, businessDate: held.business_date }, loadId, live);
      await client.query(statement('ledger/accept_load'), [loadId, live, clock.now(), 'accepted by hand']);
      if (!live || feed.mode !== 'replace') await client.query(prepared('ledger/forget_version', [loadId]));
    });
    await dropRetired(client);
    const result: LoadResult = {
      loadId,
      feed: feed.name,
      agency: agency.key,
      businessDate: held.business_date,
      file: held.file_name,
      sha256: held.sha256,
      rowsRead: Number(held.rows_read),
      rowsLoaded: Number(held.rows_loaded),
      rowsInvalid: Number(held.rows_invalid),
      rowsRepeated: Number(held.rows_repeated),
      outcome: 'loaded',
      live,
      seconds: (clock.now().getTime() - began.getTime()) / 1000,
      code: null,
      message: 'accepted by hand',
      hint: null,
      warnings: held.warnings,
      reasons: [],
      drift: held.drift,
    };
    context.lineage.loadEnded(result);
    return result;
  } finally {
    await unlock(client, lock);
  }
}

async function findHeld({ client }: LoadContext, loadId: string): Promise<HeldLoad> {
  const { rows } = await client.query<HeldLoad>(statement('ledger/find_load'), [loadId]);
  const [load] = rows;
  if (!load)
    throw new TallyError('unknown_load', `There is no load ${loadId}.`, { hint: 'tally loads shows them.' });
  if (load.outcome !== 'held') {
    throw new TallyError('not_held', `Load ${loadId} is not held: it is ${load.outcome ?? 'going on'}.`);
  }
  if (load.version_state !== 'held') {
    throw new TallyError(
      'not_held',
      `Load ${loadId} was held, and a later load of ${load.feed} for ${load.agency} has overtaken it.`,
      {
        hint: 'Its rows are gone from the warehouse. To load the file all the same: tally load FILE --force',
      },
    );
  }
  return load;
}
