import type { Config } from '../config.js';
import type { Carried } from '../messages/carry.js';
import type { Service } from './services.js';
import { carriedLine } from './summary.js';
import type { Terminal } from './terminal.js';
import { moment } from './text.js';

/** What sends messages, as a service that tells what it does. */
export async function startPublishing(terminal: Terminal, config: Config): Promise<Service> {
  const { systemClock } = await import('../clock.js');
  const { loadDestinations } = await import('../messages/destinations.js');
  const { keepPublishing } = await import('../run/publishing.js');
  const destinations = loadDestinations(config);
  const stopped = new AbortController();
  const down = new Set<string>();
  const tell = (carried: Carried): void => {
    // That a destination is still down is no news.
    const isNews = carried.down === null || !down.has(carried.destination);
    if (carried.down === null) down.delete(carried.destination);
    else down.add(carried.destination);
    if (!isNews && carried.sent === 0) return;
    if (terminal.json)
      process.stdout.write(`${JSON.stringify({ at: systemClock.now(), what: 'messages', ...carried })}\n`);
    else terminal.say(`${moment(systemClock.now())} UTC  ${carriedLine(carried)}`);
  };
  // Lines for standard output would stand among those of the service itself.
  const wanted = destinations.filter(({ kind }) => kind !== 'stdout');
  const publishing = keepPublishing(
    { config, clock: systemClock, destinations: wanted, tell },
    stopped.signal,
  );
  return {
    // Without a destination it has nothing to do, and is not over for that.
    closed: wanted.length > 0 ? publishing : new Promise<void>(() => {}),
    async close() {
      stopped.abort();
      await publishing;
    },
  };
}
