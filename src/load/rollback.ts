import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import { unlock, waitForLock } from '../warehouse/locks.js';
import { statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { SqlFile } from '../warehouse/views.js';
import type { LoadContext } from './delivery.js';
import { lockName } from './load.js';
import { dropRetired, exchange } from './publish.js';

export interface RolledBack {
  feed: string;
  agency: string;
  from: string;
  to: string;
}

/** Puts the version before the live one back. The ledger and the history follow; the file is not loaded again by itself. */
export async function rollBack(
  context: Pick<LoadContext, 'client' | 'config' | 'signal' | 'clock'>,
  feed: Feed,
  agency: string,
  onRollback: SqlFile[],
): Promise<RolledBack> {
  const { client, clock, config, signal } = context;
  if (feed.mode !== 'replace') {
    throw new TallyError(
      'rollback_unsupported',
      `${feed.name} has the mode ${feed.mode}, which keeps no version before.`,
      {
        hint: 'Only feeds with the mode replace can be rolled back.',
      },
    );
  }
  const lock = lockName(feed.name, agency);
  if (!(await waitForLock(client, lock, config.lockWaitSeconds, signal))) {
    throw new TallyError(
      'load_busy',
      `A load of ${feed.name} for ${agency} is going on; try again when it is done.`,
    );
  }
  try {
    const { rows } = await client.query<{ live: string | null; previous: string | null }>(
      statement('ledger/find_rollback'),
      [feed.name, agency],
    );
    const { live, previous } = rows[0]!;
    if (!live || !previous) {
      throw new TallyError(
        'no_previous_version',
        `There is no version of ${feed.name} before the live one for ${agency}.`,
        {
          hint: `TALLY_KEEP_VERSIONS says how many are kept (${config.keepVersions}).`,
        },
      );
    }
    await transaction(client, async () => {
      await exchange(context, feed, agency, { out: live, in: previous });
      await client.query(statement('ledger/set_version_state'), [live, 'retired']);
      await client.query(statement('ledger/set_version_state'), [previous, 'live']);
      await client.query(statement('ledger/mark_rolled_back'), [live, clock.now()]);
      const file = onRollback.find((each) => each.name === feed.name);
      if (file) await client.query(file.text, [live]);
    });
    await dropRetired(client);
    return { feed: feed.name, agency, from: live, to: previous };
  } finally {
    await unlock(client, lock);
  }
}
