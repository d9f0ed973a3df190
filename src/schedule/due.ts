import { parseCron } from './schema.js';

export interface Timing {
  cron: string;
  timeZone: string;
}

/**
 * The moments at which something is due after one moment and up to another, the earliest first. On the day on which
 * the clock goes forward a time that is left out is due at the first moment after the gap; on the day on which it
 * goes back a time that comes twice is due the first time. What is due every so often goes on as if nothing had been.
 */
export function* dueTimes({ cron, timeZone }: Timing, after: Date, upTo: Date): Generator<Date> {
  const times = parseCron(cron, timeZone);
  for (let next = times.nextRun(after); next && next <= upTo; next = times.nextRun(next)) yield next;
}

export function nextTimes({ cron, timeZone }: Timing, after: Date, count: number): Date[] {
  return parseCron(cron, timeZone).nextRuns(count, after);
}
