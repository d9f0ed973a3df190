import { dayOf } from '../clock.js';
import { TallyError } from '../errors.js';
import { findFeed } from '../feeds/feed.js';
import type { Verification } from '../load/verify/verification.js';
import { findReport } from '../report/report.js';
import { clean, type Cleaned } from '../run/clean/clean.js';
import { emptySummary, type Done, type Watching } from '../run/pass.js';
import { writeReports } from '../run/reports.js';
import { run } from '../run/run.js';
import type { Session } from '../run/session.js';
import { verifyEach, type Verified } from '../run/verify.js';
import { sqlFiles } from '../warehouse/views.js';
import type { Work } from './schema.js';

/** What came of a job; of one that verifies or cleans also what it has found. */
export interface WorkDone extends Done {
  verified?: Verified;
  cleaned?: Cleaned[];
}

/** So many differences of a load are told. */
const DIFFERENCES = 20;

/** The command that does the same when a person gives it: so the ledger calls it. */
export function commandOf(work: Work): 'run' | 'report' | 'verify' | 'clean' {
  if (typeof work === 'string') return work;
  return 'report' in work ? 'report' : 'run';
}

/** Does what a job is to do; a report is that of the day on which it was due, however late it is written. */
export async function doWork(
  session: Session,
  watching: Watching,
  work: Work,
  slot: Date,
): Promise<WorkDone> {
  if (work === 'run') return run(session, watching);
  if (work === 'verify') return verify(session, watching);
  if (work === 'clean') {
    const { result: cleaned, outcome, errors } = await clean(session, watching.signal);
    return { result: emptySummary(session, errors), outcome, errors, cleaned };
  }
  if (typeof work === 'object' && 'feed' in work)
    return run(session, watching, findFeed(session.feeds, work.feed));
  const { config } = session;
  const only = work === 'report' ? undefined : findReport(sqlFiles('reports', config.workspace), work.report);
  const day = dayOf(slot, config.timeZone);
  const { written, errors } = await writeReports(session, watching.signal, [day], { only });
  const result = { ...emptySummary(session, errors), reports: written };
  if (watching.signal.aborted) return { result, outcome: 'interrupted', errors };
  return { result, outcome: errors.length > 0 ? 'failed' : 'done', errors };
}

/** A difference is a failure; what could not be verified is for a person to look at. */
async function verify(session: Session, { signal, progress }: Watching): Promise<WorkDone> {
  const context = { ...session, signal, progress, verified: () => {} };
  try {
    const verified = await verifyEach(context, { rowForRow: false, limit: DIFFERENCES });
    const ended = (outcome: string) => verified.verifications.filter((each) => each.outcome === outcome);
    const [different, unverifiable] = [ended('different'), ended('unverifiable')];
    const errors = [...different, ...unverifiable].map(errorOf);
    const outcome = different.length > 0 ? 'failed' : unverifiable.length > 0 ? 'held' : 'done';
    return { result: emptySummary(session, errors), outcome, errors, verified };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { result: emptySummary(session), outcome: 'interrupted', errors: [] };
  }
}

function errorOf({ code, file, message, hint }: Verification): TallyError {
  return new TallyError(code!, `${file}: ${message}`, hint === null ? {} : { hint });
}
