import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { openLog, type Log } from '../log.js';
import { carryOut, type Carried } from '../messages/carry.js';
import type { Destination } from '../messages/destinations.js';
import { fillOutbox } from '../messages/fill.js';
import type { Client } from '../warehouse/connect.js';
import { askLedger } from './status.js';

const LOOK_MS = 2_000;
const MOST_BACKOFF_MS = 60_000;

export interface Publishing {
  config: Config;
  clock: Clock;
  destinations: Destination[];
  /** What came of each time that something was sent, or could not be. */
  tell(carried: Carried): void;
  /** How often is looked whether there is something to send. */
  lookMs?: number;
}

/**
 * Sends messages as they come, until the signal. Each destination has a connection to the database of its own and waits
 * for no other: one that is down is asked again later and later, once a minute at most. The same goes for the database.
 * The outbox is filled too, for runs that died before they could.
 */
export async function keepPublishing(publishing: Publishing, signal: AbortSignal): Promise<void> {
  const { config, clock, destinations, tell } = publishing;
  const log = openLog(config);
  const fill = async (client: Client): Promise<boolean> => {
    // No run: so the messages of one that is going on are left to it.
    await fillOutbox({ client, clock, config, runId: '0' }, destinations, { all: false, signal });
    return true;
  };
  const send = (destination: Destination) => async (client: Client) => {
    const carried = await carryOut({ client, clock, log }, destination, signal);
    if (carried.sent + carried.refused + carried.parked > 0 || carried.down !== null) tell(carried);
    return carried.down === null;
  };
  try {
    const works = destinations.length > 0 ? [fill, ...destinations.map(send)] : [];
    await Promise.all(works.map((work) => keepOn(publishing, log, work, signal)));
  } finally {
    log.end();
  }
}

/** `work` says whether all is well: then it is done again soon, else later and later; over one connection while it lasts. */
async function keepOn(
  { config, lookMs = LOOK_MS }: Publishing,
  log: Log,
  work: (client: Client) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  let wait = lookMs;
  const pause = async (isWell: boolean): Promise<void> => {
    wait = isWell ? lookMs : Math.min(MOST_BACKOFF_MS, wait * 2);
    await sleep(wait, undefined, { signal }).catch(() => {});
  };
  while (!signal.aborted) {
    try {
      await askLedger(config, async (client) => {
        while (!signal.aborted) await pause(await work(client));
      });
    } catch (error) {
      log.warn('messages wait for the database', { error });
      await pause(false);
    }
  }
}
