import type { MissedRule } from './schema.js';
import type { OpenSlot } from './slots.js';

/** So late the last slot of a job may begin where missed ones are not made up for: a tick may be late, too. */
export const ON_TIME_MS = 60_000;

type Waiting = Pick<
  OpenSlot,
  'slot' | 'state' | 'by_hand' | 'attempts' | 'not_before' | 'claimed' | 'locked'
>;

/**
 * Which slot of a job comes next, of those that are open: one at a time, and none while the job is going on.
 * all: each, the oldest first; latest: the latest, however late it is; none: the latest, if its time is now.
 * One that was begun and did not come to its end is taken up again as if its time were now.
 */
export function choose<S extends Waiting>(
  rule: MissedRule,
  open: S[],
  now: Date,
): { begin: S | undefined; passedOver: S[] } {
  const nothing = { begin: undefined, passedOver: [] };
  const isGoingOn = open.some((slot) => slot.locked || slot.claimed || slot.state === 'running');
  const waiting = open
    .filter((slot) => !slot.by_hand && slot.state === 'waiting')
    .sort((a, b) => a.slot.getTime() - b.slot.getTime());
  if (isGoingOn || waiting.length === 0) return nothing;
  const next = rule === 'all' ? waiting[0]! : waiting.at(-1)!;
  const isTooLate =
    rule === 'none' && next.attempts === 0 && now.getTime() - next.slot.getTime() > ON_TIME_MS;
  const passedOver = rule === 'all' ? [] : waiting.filter((slot) => isTooLate || slot !== next);
  return { begin: !isTooLate && next.not_before <= now ? next : undefined, passedOver };
}
