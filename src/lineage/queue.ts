import type { Log } from '../log.js';
import { postJson, type Destination } from '../postJson.js';
import type { RunEvent } from './event.js';

const ANSWER_MS = 3_000;
/** What is told at the end of a run may take so long; what is left then is lost, and the log says so. */
const FLUSH_MS = 3_000;
const MOST_WAITING = 1_000;
/** After so many in a row nobody is there, and the rest of the run does not try. */
const MOST_FAILURES = 3;

/**
 * Sends one after the other, beside the work: whoever adds something never waits, whatever becomes of it. Nothing is
 * kept beyond the process and nothing is tried twice: lineage is best effort, what must not be lost is in the ledger.
 */
export class LineageQueue {
  private readonly waiting: RunEvent[] = [];
  private sending: Promise<void> | undefined;
  private failures = 0;
  private lost = 0;

  constructor(
    private readonly destination: Destination,
    private readonly log: Log,
  ) {}

  add(event: RunEvent): void {
    if (this.failures >= MOST_FAILURES || this.waiting.length >= MOST_WAITING) {
      this.lost++;
      return;
    }
    this.waiting.push(event);
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
  }

  /** Waits a little for what is on its way. */
  async close(limitMs = FLUSH_MS): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
    await Promise.race([this.sending, limit]);
    clearTimeout(timer);
    this.lost += this.waiting.splice(0).length;
    if (this.lost > 0) this.log.warn('lineage not told', { events: this.lost });
  }

  private async sendAll(): Promise<void> {
    for (let event = this.waiting.shift(); event; event = this.waiting.shift()) {
      try {
        await postJson(this.destination, event, ANSWER_MS);
        this.failures = 0;
      } catch (error) {
        this.lost++;
        if (++this.failures === 1) this.log.warn('lineage not sent', { error: (error as Error).message });
        if (this.failures >= MOST_FAILURES) this.lost += this.waiting.splice(0).length;
      }
    }
  }
}
