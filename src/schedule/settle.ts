import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { loadAgencies } from '../feeds/agencies.js';
import { loadFeeds } from '../feeds/feed.js';
import type { Log } from '../log.js';
import { tellAlarms } from '../run/alarms.js';
import { markCrashed } from '../run/prepare.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import type { Child } from './child.js';
import { afterAttempt, type Ended } from './outcome.js';
import type { Job } from './schedule.js';
import { closeAttempt, listOpenSlots, listSlots, releaseSlot, type OpenSlot, type Slot } from './slots.js';

export interface SettleContext {
  client: Client;
  config: Config;
  clock: Clock;
  log: Log;
}

/**
 * What became of the slot of a child that is gone. Where the child has not said so itself, it is said here.
 * Undefined for as long as the server takes a child for alive that was killed: two seconds at most.
 */
export async function settleChild(
  context: SettleContext,
  child: Child,
  isStopping: boolean,
): Promise<Slot | undefined> {
  const { client, clock } = context;
  const { job, slot } = child;
  const is = await findSlot(client, slot);
  if (is?.state === 'running' && is.attempts === slot.attempts + 1) {
    const open = (await listOpenSlots(client)).find((each) => each.slot_id === slot.slot_id);
    if (open?.locked && !isStopping) return undefined;
    const ending = child.ending();
    if (await closeAttempt(client, is, afterAttempt(job, is, ending, clock.now())))
      await closeRun(context, is.run_id, ending);
  } else if (is?.state === 'waiting' && is.attempts === slot.attempts) {
    // Another one was faster, or it was told to end before it began.
    if (child.isFine() || isStopping) await releaseSlot(client, slot);
    else await closeAttempt(client, is, afterAttempt(job, is, child.ending(), clock.now()), is.attempts + 1);
  }
  return (await findSlot(client, slot)) ?? { ...slot, started_at: null, finished_at: null, run_id: null };
}

/**
 * A slot whose process is gone without a word, and with it the scheduler that had begun it. Undefined if somebody
 * else was faster to say so.
 */
export async function settleDead(
  context: SettleContext,
  job: Job | undefined,
  slot: OpenSlot,
): Promise<Slot | undefined> {
  const { client, clock } = context;
  const ending = {
    outcome: 'crashed' as const,
    message: `The process that ran it (${slot.claimed_by ?? 'unknown'}) died.`,
  };
  // Nobody would begin a job again that is not declared any more.
  const tried = { ...slot, by_hand: slot.by_hand || !job };
  const closing = afterAttempt(job ?? { retries: 0, backoffMs: 0 }, tried, ending, clock.now());
  if (!(await closeAttempt(client, slot, closing))) return undefined;
  const is = await findSlot(client, slot);
  await closeRun(context, is?.run_id ?? null, ending);
  return is;
}

/** What a process that died could not do itself: close its run and its loads in the ledger, with what ended it. */
async function closeRun(
  { client, log }: SettleContext,
  runId: string | null,
  ending: Ended & { outcome: 'failed' | 'crashed' },
): Promise<void> {
  try {
    const code = ending.outcome === 'failed' ? ending.code : 'job_crashed';
    const errors = JSON.stringify([{ code, message: ending.message, hint: null }]);
    await client.query(statement('schedule/blame_run'), [runId, errors]);
    await markCrashed(client, log);
  } catch (error) {
    log.warn('a run stays open for now', { run_id: runId, error });
  }
}

/** Of what no process of a job tells any more. Nothing of this is in the way of what is due next. */
export async function tellPeople(context: SettleContext): Promise<void> {
  const { config, log } = context;
  try {
    const [feeds, agencies] = [loadFeeds(config.workspace), loadAgencies(config.workspace)];
    await tellAlarms({ ...context, feeds, agencies });
  } catch (error) {
    log.warn('alarms wait', { error });
  }
}

async function findSlot(client: Client, { slot_id: slotId }: OpenSlot): Promise<Slot | undefined> {
  return (await listSlots(client, { slotId }, 1))[0];
}
