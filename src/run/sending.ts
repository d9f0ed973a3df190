import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { sendWaiting, type Sent } from '../alarms/send.js';
import { watch } from '../alarms/watch.js';
import { loadAgencies } from '../feeds/agencies.js';
import { loadFeeds } from '../feeds/feed.js';
import { listFreshness } from '../ledger/freshness.js';
import { openLog } from '../log.js';
import { askLedger } from './status.js';

/** Looks for what is to be told and sends what waits, because someone asks: whatever was tried before, at once. */
export async function sendAlarms(config: Config, clock: Clock, limitMs: number): Promise<Sent[]> {
  const [feeds, agencies] = [loadFeeds(config.workspace), loadAgencies(config.workspace)];
  const log = openLog(config);
  try {
    return await askLedger(config, async (client) => {
      const telling = { client, clock, config, log, feeds, agencies };
      await watch(telling, () => listFreshness(telling, telling.clock.now()));
      return sendWaiting(telling, { limitMs, asked: true });
    });
  } finally {
    log.end();
  }
}
