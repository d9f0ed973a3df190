import { addDays, dayOf, momentOf, type Clock, type Day } from '../../clock.js';
import type { Config } from '../../config.js';
import { TallyError } from '../../errors.js';
import { asFailure } from '../../load/result.js';
import { isLost } from '../reports.js';
import type { RunOutcome, Session } from '../session.js';
import { askLedger } from '../status.js';
import { archivedFiles } from './archive.js';
import { details } from './details.js';
import { invalidRows } from './invalid.js';
import type { Amount, Kind } from './kind.js';

const KINDS = [archivedFiles, invalidRows, ...details];

/** What was cleaned of one kind, or would be. */
export interface Cleaned extends Amount {
  what: Kind['what'];
  kept: Kind['kept'];
  /** Days for which it is kept, and the first day of which it stays; null: it is kept for ever. */
  days: number | null;
  before: Day | null;
  /** What could not go now because someone is at it, or it could not be removed. */
  left: number;
}

/** Lets go of what is older than the settings say, one kind after the other; what one cannot does not keep the others. */
export async function clean(
  session: Session,
  signal: AbortSignal,
): Promise<{ result: Cleaned[]; outcome: RunOutcome; errors: TallyError[] }> {
  const { log } = session;
  const errors: TallyError[] = [];
  const result: Cleaned[] = [];
  for (const kind of KINDS) {
    const own: TallyError[] = [];
    result.push(
      await ofKind(kind, session, async (before) => {
        const nothing = { count: 0, bytes: 0, left: 0 };
        if (signal.aborted || errors.some(isLost)) return nothing;
        try {
          const done = await kind.clean({ ...session, signal, errors: own }, before);
          log.info('cleaned', { what: kind.what, before, ...done });
          return done;
        } catch (error) {
          own.push(asFailure(error));
          return nothing;
        }
      }),
    );
    errors.push(...own);
  }
  const outcome = signal.aborted ? 'interrupted' : errors.length > 0 ? 'failed' : 'done';
  return { result, outcome, errors };
}

/** What it would let go of: nothing is changed. */
export async function planClean(config: Config, clock: Clock): Promise<Cleaned[]> {
  return askLedger(config, async (client) => {
    const result: Cleaned[] = [];
    for (const kind of KINDS) {
      const measure = async (before: Date) => ({ ...(await kind.measure(client, before)), left: 0 });
      result.push(await ofKind(kind, { config, clock }, measure));
    }
    return result;
  });
}

/** Days are those of the configured time zone: what was used on the first day that is kept stays, at whatever time. */
async function ofKind(
  { what, kept }: Kind,
  { config, clock }: { config: Config; clock: Clock },
  work: (before: Date) => Promise<Amount & { left: number }>,
): Promise<Cleaned> {
  const days = config.keepDays[kept];
  if (days === undefined) return { what, kept, days: null, before: null, count: 0, bytes: 0, left: 0 };
  const before = addDays(dayOf(clock.now(), config.timeZone), -days);
  return { what, kept, days, before, ...(await work(momentOf(before, '00:00', config.timeZone))) };
}
