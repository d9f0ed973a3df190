import { ERROR_CODES, type ErrorCode } from '../errors.js';
import type { Done } from '../run/pass.js';
import type { Job } from './schedule.js';
import type { Closing } from './slots.js';

/** How an attempt ended. */
export type Ended =
  | { outcome: 'done' }
  | { outcome: 'held' | 'failed'; code: string; message: string }
  /** It was asked to stop, and is to be begun again. */
  | { outcome: 'interrupted'; message: string }
  /** Its process is gone, and nobody knows why. */
  | { outcome: 'crashed'; message: string };

type Tried = { failures: number; by_hand: boolean };

const LONGEST_BACKOFF_MS = 3_600_000;
/** A slot whose process died is begun again so often, even where a failure is not: it may have been the machine. */
const CRASHES = 2;

/** What becomes of a slot when an attempt has ended: it waits for the next one, or is closed. */
export function afterAttempt(
  job: Pick<Job, 'retries' | 'backoffMs'>,
  tried: Tried,
  ended: Ended,
  now: Date,
): Closing {
  const { failures } = tried;
  if (ended.outcome === 'done')
    return { state: 'done', failures, notBefore: null, finishedAt: now, code: null, message: null };
  const said = {
    code: 'code' in ended ? ended.code : ended.outcome === 'crashed' ? 'job_crashed' : 'interrupted',
    message: ended.message,
  };
  if (ended.outcome === 'held') return { state: 'held', failures, notBefore: null, finishedAt: now, ...said };
  if (ended.outcome === 'interrupted' && !tried.by_hand)
    return { state: 'waiting', failures, notBefore: now, finishedAt: null, ...said };
  const failed = failures + 1;
  const most = ended.outcome === 'crashed' ? Math.max(job.retries, CRASHES) : job.retries;
  if (tried.by_hand || failed > most || !isWorthAnother(said.code))
    return { state: 'failed', failures: failed, notBefore: null, finishedAt: now, ...said };
  const notBefore = new Date(now.getTime() + backoff(job, failed));
  return { state: 'waiting', failures: failed, notBefore, finishedAt: null, ...said };
}

/** Twice as long with each failure. */
function backoff({ backoffMs }: Pick<Job, 'backoffMs'>, failures: number): number {
  return Math.min(backoffMs * 2 ** (failures - 1), Math.max(LONGEST_BACKOFF_MS, backoffMs));
}

/** A file that is refused as it is, is refused again. */
function isWorthAnother(code: string): boolean {
  return ERROR_CODES[code as ErrorCode]?.retry ?? true;
}

/** What came of a pass, in a sentence. */
export function endedOf({ result, outcome }: Pick<Done, 'result' | 'outcome'>): Ended {
  if (outcome === 'done') return { outcome };
  if (outcome === 'interrupted') {
    return { outcome, message: 'Interrupted; what was not loaded was rolled back, and is taken up again.' };
  }
  const troubled = [
    ...result.errors.map(({ code, message }) => ({ code, message })),
    ...result.loads
      .filter((load) => load.outcome === outcome)
      .map(({ code, message, file }) => ({
        code: code ?? outcome,
        message: `${file}: ${message ?? outcome}`,
      })),
  ];
  // What may go better the next time decides whether there is one.
  const first = troubled.find(({ code }) => isWorthAnother(code)) ?? troubled[0]!;
  const more = troubled.length > 1 ? ` (and ${troubled.length - 1} more)` : '';
  return { outcome, code: first.code, message: `${first.message}${more}` };
}
