import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { loadAgencies } from '../feeds/agencies.js';
import { loadFeeds } from '../feeds/feed.js';
import { openLog } from '../log.js';
import { tellAlarms } from './alarms.js';
import { askLedger } from './status.js';

const EVERY_MS = 30_000;
const LIMIT_MS = 20_000;

/** For as long as it is not closed: looks for what is to be told, lateness too, and sends what waits. */
export function startTelling(
  { config, clock }: { config: Config; clock: Clock },
  everyMs = EVERY_MS,
): { close(): Promise<void> } {
  const log = openLog(config);
  const stopped = new AbortController();
  const look = async () => {
    const [feeds, agencies] = [loadFeeds(config.workspace), loadAgencies(config.workspace)];
    await askLedger(config, (client) =>
      tellAlarms({ client, clock, config, log, feeds, agencies }, LIMIT_MS),
    );
  };
  const going = (async () => {
    while (!stopped.signal.aborted) {
      // Without a database it waits for the next time, as it does while someone edits a feed.
      await look().catch((error: unknown) => log.warn('alarms wait', { error }));
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  })();
  return {
    async close() {
      stopped.abort();
      await going;
      log.end();
    },
  };
}
