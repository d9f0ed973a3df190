import { wordsOf } from './down.js';
import type { Outcome } from './publisher.js';

/** A connection as its messages see it: it ends once, and nothing is sent over it any more. */
export class Wire {
  private over: Outcome | undefined;
  private readonly underway = new Set<(outcome: Outcome) => void>();

  /** Begins `send`, unless a message was lost or refused a hearing before; what it throws is an outcome too. */
  send(send: () => Promise<Outcome>): Promise<Outcome> {
    if (this.over) return Promise.resolve(this.over);
    return new Promise((resolve) => {
      this.underway.add(resolve);
      const tell = (outcome: Outcome): void => {
        if (outcome.is === 'lost' || outcome.is === 'down') this.over ??= outcome;
        this.underway.delete(resolve);
        resolve(outcome);
      };
      const thrown = (error: unknown) => tell({ is: 'lost', why: wordsOf(error) });
      Promise.resolve().then(send).then(tell, thrown);
    });
  }

  /** Whatever is underway comes to this now. */
  cut(outcome: Outcome): void {
    this.over ??= outcome;
    for (const tell of this.underway) tell(this.over);
    this.underway.clear();
  }
}

export const HUNG_UP: Outcome = { is: 'lost', why: 'the connection was closed' };
