import { dayOf } from '../clock.js';
import { findFeed } from '../feeds/feed.js';
import { findReport } from '../report/report.js';
import { emptySummary, type Done, type Watching } from '../run/pass.js';
import { writeReports } from '../run/reports.js';
import { run } from '../run/run.js';
import type { Session } from '../run/session.js';
import { sqlFiles } from '../warehouse/views.js';
import type { Work } from './schema.js';

/** The command that does the same when a person gives it: so the ledger calls it. */
export function commandOf(work: Work): 'run' | 'report' {
  return work === 'report' || (typeof work === 'object' && 'report' in work) ? 'report' : 'run';
}

/** Does what a job is to do; a report is that of the day on which it was due, however late it is written. */
export async function doWork(session: Session, watching: Watching, work: Work, slot: Date): Promise<Done> {
  if (work === 'run') return run(session, watching);
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
