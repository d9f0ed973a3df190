import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Client } from '../warehouse/connect.js';
import { tryLock, unlock } from '../warehouse/locks.js';
import { answersOf } from './answers.js';
import type { Destination } from './destinations.js';
import { downBecause } from './down.js';
import { markDown, postpone, settle, takeNext, type Fate, type Waiting } from './outbox.js';
import type { Outcome, Publisher } from './publisher.js';
import { openPublisher } from './publishers/open.js';
import { laneOf, wavesOf } from './waves.js';

export interface Carried {
  destination: string;
  sent: number;
  /** Refused, and tried again later. */
  refused: number;
  parked: number;
  /** Why it cannot be reached; null while it can. */
  down: string | null;
  /** Another command is sending to it. */
  busy: boolean;
}

export interface CarryContext {
  /** A connection of this destination's own: it holds the lock that keeps the order. */
  client: Client;
  clock: Clock;
  log: Log;
}

/** So many are on their way at once; as many are sent again when we die. */
const MOST = 1000;
/** A batch of which nothing came through is tried in so many parts. */
const PARTS = 8;

/**
 * Sends what waits for a destination until nothing waits, it cannot be reached, or the signal comes. Only one command
 * at a time does it for a destination, so that messages keep their order; PostgreSQL gives the lock back if it dies.
 */
export async function carryOut(
  context: CarryContext,
  destination: Destination,
  signal: AbortSignal,
): Promise<Carried> {
  const { client } = context;
  const lock = `tally messages ${destination.name}`;
  const stop = new AbortController();
  const onStop = (): void => stop.abort();
  const carrier = new Carrier(context, destination, stop.signal);
  if (!(await tryLock(client, lock))) return { ...carrier.carried, busy: true };
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });
  // With the connection the lock is gone, and somebody else may be sending by now.
  client.once('end', onStop);
  try {
    await carrier.carry();
    return carrier.carried;
  } finally {
    signal.removeEventListener('abort', onStop);
    client.removeListener('end', onStop);
    await carrier.hangUp();
    await unlock(client, lock);
  }
}

type Ended = Extract<Outcome, { is: 'lost' | 'down' }>;

interface Suspect {
  message: Waiting;
  why: string;
}

class Carrier {
  readonly carried: Carried;
  private publisher: Publisher | undefined;
  private most = MOST;
  /** Was lost when it was sent alone; whether that is its own fault, the next one shows. */
  private suspect: Suspect | undefined;
  /** Were lost while others got an answer. */
  private readonly leftBehind = new Set<string>();

  constructor(
    private readonly context: CarryContext,
    private readonly destination: Destination,
    private readonly signal: AbortSignal,
  ) {
    this.carried = { destination: destination.name, sent: 0, refused: 0, parked: 0, down: null, busy: false };
  }

  async carry(): Promise<void> {
    const { client, clock } = this.context;
    while (!this.signal.aborted && this.carried.down === null) {
      const batch = await takeNext(client, this.destination, clock.now(), this.most);
      if (batch.length === 0) break;
      if (!(await this.isConnected())) return;
      const { answered, ended } = await this.send(batch);
      if (this.signal.aborted) return;
      if (answered > 0) await this.blameSuspect();
      if (ended === undefined) this.most = Math.min(MOST, this.most * PARTS);
      else if (ended.is === 'down') await this.giveUp(downBecause(this.destination, ended.why).message);
      else await this.lose(batch, answered, ended.why);
    }
    if (this.suspect && this.carried.down === null && !this.signal.aborted)
      await this.judgeSuspect(this.suspect);
  }

  private async isConnected(): Promise<boolean> {
    if (this.publisher) return true;
    try {
      this.publisher = await openPublisher(this.destination, this.context.log, this.signal);
      return true;
    } catch (error) {
      if (!this.signal.aborted) await this.giveUp((error as Error).message);
      return false;
    }
  }

  /** Tells how many were answered, and what ended it before all were. */
  private async send(batch: Waiting[]): Promise<{ answered: number; ended: Ended | undefined }> {
    const { client, clock } = this.context;
    const heldUp = new Set<string>();
    const fates: Fate[] = [];
    let ended: Ended | undefined;
    for (const wave of wavesOf(batch)) {
      const ready = wave.filter((message) => !heldUp.has(laneOf(message)));
      const outcomes = await answersOf(this.publisher!.publish(ready), {
        seconds: this.destination.timeout_seconds,
        signal: this.signal,
      });
      fates.push(...ready.map((message, i): Fate => ({ message, outcome: outcomes[i]! })));
      ready.forEach((message, i) => {
        if (outcomes[i]!.is === 'refused') heldUp.add(laneOf(message));
      });
      ended = endOf(outcomes);
      if (ended) break;
    }
    const { confirmed, refused, parked } = await settle(client, clock, this.destination, fates);
    this.carried.sent += confirmed;
    this.carried.refused += refused;
    this.carried.parked += parked;
    const answered = confirmed + refused + parked;
    if (answered > 0)
      for (const { message, outcome } of fates) if (outcome.is === 'lost') this.leftBehind.add(message.id);
    return { answered, ended };
  }

  /**
   * The connection is gone. If nothing came through, it may be the fault of one message: smaller batches find it. One
   * that is lost alone steps back, and the next one shows whether it was at fault: if that is lost too, the
   * destination is down.
   */
  private async lose(batch: Waiting[], answered: number, why: string): Promise<void> {
    const { client, clock, log } = this.context;
    log.warn('messages lost on their way, they go again', { destination: this.destination.name, why });
    await this.hangUp();
    if (answered > 0) return;
    const [alone] = batch;
    if (batch.length > 1) {
      this.most = Math.ceil(batch.length / PARTS);
      await sleep(100);
    } else if (this.suspect) {
      await this.giveUp(downBecause(this.destination, why).message);
    } else {
      this.suspect = { message: alone!, why };
      await postpone(client, clock, this.destination, alone!, why);
    }
  }

  /** No other is left to show whose fault it was: so what was seen of it before counts. */
  private async judgeSuspect({ message, why }: Suspect): Promise<void> {
    if (message.tries > 0 || this.leftBehind.has(message.id)) await this.blameSuspect();
    else await this.giveUp(downBecause(this.destination, why).message);
  }

  private async blameSuspect(): Promise<void> {
    const { client, clock } = this.context;
    if (!this.suspect) return;
    const { message, why } = this.suspect;
    this.suspect = undefined;
    const outcome = { is: 'refused' as const, poison: false, why: `the connection was lost with it: ${why}` };
    const { refused, parked } = await settle(client, clock, this.destination, [{ message, outcome }]);
    this.carried.parked += parked;
    this.carried.refused += refused;
  }

  private async giveUp(why: string): Promise<void> {
    const { client, clock, log } = this.context;
    this.carried.down = why;
    log.warn('destination down', { destination: this.destination.name, why });
    await markDown(client, clock, this.destination, why);
  }

  async hangUp(): Promise<void> {
    await this.publisher?.close().catch(() => {});
    this.publisher = undefined;
  }
}

/** That it is down says more than that something was lost on the way. */
function endOf(outcomes: Outcome[]): Ended | undefined {
  const ended = outcomes.filter(
    (outcome): outcome is Ended => outcome.is === 'lost' || outcome.is === 'down',
  );
  return ended.find(({ is }) => is === 'down') ?? ended[0];
}
