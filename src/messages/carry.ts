import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Client } from '../warehouse/connect.js';
import { tryLock, unlock } from '../warehouse/locks.js';
import { answersOf } from './answers.js';
import type { Destination } from './destinations.js';
import { downBecause } from './down.js';
import { markDown, postpone, settle, takeNext, type Fate, type Waiting } from './outbox.js';
import type { Publisher } from './publisher.js';
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
  const lock = `tally messages ${destination.name}`;
  const carrier = new Carrier(context, destination, signal);
  if (!(await tryLock(context.client, lock))) return { ...carrier.carried, busy: true };
  try {
    await carrier.carry();
    return carrier.carried;
  } finally {
    await carrier.hangUp();
    await unlock(context.client, lock);
  }
}

class Carrier {
  readonly carried: Carried;
  private publisher: Publisher | undefined;
  private most = MOST;
  /** Was lost when it was sent alone; whether that is its own fault, the next one shows. */
  private suspect: { message: Waiting; why: string } | undefined;
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
      const { answered, lost } = await this.send(batch);
      if (this.signal.aborted) return;
      if (answered > 0) await this.blameSuspect();
      if (lost === undefined) this.most = Math.min(MOST, this.most * PARTS);
      else await this.lose(batch, answered, lost);
    }
    // With nobody else to show whose fault it was, nothing is held against the message.
    if (this.suspect && this.carried.down === null && !this.signal.aborted)
      await this.giveUp(downBecause(this.destination, this.suspect.why).message);
  }

  private async isConnected(): Promise<boolean> {
    if (this.publisher) return true;
    try {
      this.publisher = await openPublisher(this.destination, this.context.log);
      return true;
    } catch (error) {
      await this.giveUp((error as Error).message);
      return false;
    }
  }

  /** Tells how many were answered, and why one was lost. */
  private async send(batch: Waiting[]): Promise<{ answered: number; lost: string | undefined }> {
    const { client, clock } = this.context;
    const heldUp = new Set<string>();
    let answered = 0;
    for (const wave of wavesOf(batch)) {
      const ready = wave.filter((message) => !heldUp.has(laneOf(message)));
      const outcomes = await answersOf(this.publisher!.publish(ready), {
        seconds: this.destination.timeout_seconds,
        signal: this.signal,
      });
      const fates = ready.map((message, i): Fate => ({ message, outcome: outcomes[i]! }));
      const { confirmed, parked } = await settle(client, clock, this.destination, fates);
      const refused = fates.filter(({ outcome }) => outcome.is === 'refused');
      this.carried.sent += confirmed;
      this.carried.parked += parked;
      this.carried.refused += refused.length - parked;
      answered += confirmed + refused.length;
      for (const { message } of refused) heldUp.add(laneOf(message));
      const lost = fates.filter(({ outcome }) => outcome.is === 'lost');
      if (answered > 0) for (const { message } of lost) this.leftBehind.add(message.id);
      for (const { outcome } of lost) if (outcome.is === 'lost') return { answered, lost: outcome.why };
    }
    return { answered, lost: undefined };
  }

  /**
   * The connection is gone. If nothing came through, it may be the fault of one message: smaller batches find it. One
   * that is lost alone was at fault if others have got through beside it; else it steps back, and the next one shows
   * it: if that is lost too, the destination is down.
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
      if (this.leftBehind.has(alone!.id)) await this.blameSuspect();
      else await postpone(client, clock, this.destination, alone!, why);
    }
  }

  private async blameSuspect(): Promise<void> {
    const { client, clock } = this.context;
    if (!this.suspect) return;
    const { message, why } = this.suspect;
    this.suspect = undefined;
    const outcome = { is: 'refused' as const, poison: false, why: `the connection was lost with it: ${why}` };
    const { parked } = await settle(client, clock, this.destination, [{ message, outcome }]);
    this.carried.parked += parked;
    this.carried.refused += 1 - parked;
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
