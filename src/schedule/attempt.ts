import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { Watching } from '../run/pass.js';
import { inSession, type Session } from '../run/session.js';
import { inTime } from '../until.js';
import { unlock, waitForLock } from '../warehouse/locks.js';
import { afterAttempt, endedOf, type Ended } from './outcome.js';
import type { Job } from './schedule.js';
import { beginByHand, beginSlot, closeAttempt, jobLock, type Begun } from './slots.js';
import { commandOf, doWork, type WorkDone } from './work.js';

/** The server needs up to two seconds to notice that a process was killed; until then it keeps the job's lock. */
const LOCK_SECONDS = 4;

export interface Attempted {
  slot: Date;
  done: WorkDone;
}

/**
 * One attempt of a job, in this process: of a slot that waits, or of one that is made for it now. The lock is held
 * for as long as the process works, so a job never goes on twice, and one that died is told from one that goes on.
 * Undefined if the slot does not wait any more, or the job is going on for another one.
 */
export async function attemptJob(
  { config, clock }: { config: Config; clock: Clock },
  watching: Watching,
  job: Job,
  slotId?: string,
): Promise<Attempted | undefined> {
  return inSession({ config, clock, command: commandOf(job.work) }, async (session) => {
    const { client, runId } = session;
    if (!(await waitForLock(client, jobLock(job.name), LOCK_SECONDS, watching.signal))) {
      if (slotId === undefined) throw busy(job);
      return { result: undefined, outcome: 'done' };
    }
    try {
      const now = clock.now();
      const begun =
        slotId === undefined
          ? await beginByHand(client, { job: job.name, now, runId })
          : await beginSlot(client, { job: job.name, slotId, now, runId });
      if (!begun) return { result: undefined, outcome: 'done' };
      const done = await work(session, watching, job, begun);
      return { result: { slot: begun.slot, done }, outcome: done.outcome, errors: done.errors };
    } finally {
      await unlock(client, jobLock(job.name));
    }
  });
}

async function work(session: Session, watching: Watching, job: Job, begun: Begun): Promise<WorkDone> {
  const close = async (ended: Ended): Promise<void> => {
    await closeAttempt(session.client, begun, afterAttempt(job, begun, ended, session.clock.now()));
  };
  try {
    const { done, isTooLong } = await inTime(job.limitMs, watching.signal, async (signal, isLate) => {
      const done = await doWork(session, { ...watching, signal }, job.work, begun.slot);
      return { done, isTooLong: done.outcome === 'interrupted' && isLate() };
    });
    const failure = isTooLong ? timedOut(job) : undefined;
    if (failure) done.result.errors.push(failure);
    await close(failure ? { outcome: 'failed', ...said(failure) } : endedOf(done));
    return isTooLong ? { ...done, outcome: 'failed' } : done;
  } catch (error) {
    // A connection that is lost cannot say so; whoever looks at the slot next finds that the lock is free.
    await close({ outcome: 'failed', ...said(error) }).catch(() => {});
    throw error;
  }
}

export function timedOut({ name, limitMs }: Job): TallyError {
  return new TallyError(
    'job_timed_out',
    `The job ${name} was ended at its limit of ${limitMs / 1000} s; what was not loaded was rolled back.`,
    { hint: 'What took so long? See .tally/tally.log; `limit` in schedule.yaml sets the limit.' },
  );
}

function busy({ name }: Job): TallyError {
  return new TallyError('job_busy', `The job ${name} is going on already.`, {
    hint: `See: tally schedule slots --job ${name}`,
  });
}

function said(error: unknown): { code: string; message: string } {
  const { message } = error as Error;
  return { code: error instanceof TallyError ? error.code : 'unexpected', message };
}
