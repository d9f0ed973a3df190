import { dayOf, type Day } from '../clock.js';
import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import type { LoadResult } from '../load/delivery.js';
import { readReport, writeReport, type Report, type WrittenReport } from '../report/report.js';
import { databaseFailure } from '../warehouse/failure.js';
import { sqlFiles, type SqlFile } from '../warehouse/views.js';
import type { Session } from './session.js';

export interface ReportsOfDays {
  written: WrittenReport[];
  errors: TallyError[];
}

/** The reports of each day; one that cannot be written does not keep the others from being. */
export async function writeReports(
  session: Session,
  days: Day[],
  only?: Report,
  signal?: AbortSignal,
): Promise<ReportsOfDays> {
  const done: ReportsOfDays = { written: [], errors: [] };
  const reports = only ? [only] : reportsOf(session, done.errors);
  for (const day of days) {
    for (const report of reports) {
      if (signal?.aborted || done.errors.some(isLost)) return done;
      try {
        done.written.push(await writeReport({ ...session, agencies: session.agencies.list }, report, day));
      } catch (error) {
        session.log.error('report not written', { report: report.name, day, error });
        done.errors.push(databaseFailure(error));
      }
    }
  }
  return done;
}

/** The day of the run, and each past day that got a delivery. */
export function daysOf({ clock, config }: Session, loads: LoadResult[]): Day[] {
  const today = dayOf(clock.now(), config.timeZone);
  const touched = loads.flatMap((load) =>
    load.businessDate && (load.outcome === 'loaded' || load.outcome === 'unchanged')
      ? [load.businessDate]
      : [],
  );
  return [...new Set([...touched, today])].sort();
}

function reportsOf({ config, feeds }: Session, errors: TallyError[]): Report[] {
  return sqlFiles('reports', config.workspace)
    .flatMap((file) => readOrTell(file, errors))
    .filter(hasItsFeed(feeds));
}

function readOrTell(file: SqlFile, errors: TallyError[]): Report[] {
  try {
    return [readReport(file)];
  } catch (error) {
    if (!(error instanceof TallyError)) throw error;
    errors.push(error);
    return [];
  }
}

/** A report about a feed that this workspace does not have is not written. */
function hasItsFeed(feeds: Feed[]): (report: Report) => boolean {
  return (each) => each.feed === undefined || feeds.some((feed) => feed.name === each.feed);
}

/** After these codes there is no use in asking the database again. */
export function isLost({ code }: { code: string | null }): boolean {
  return code === 'database_lost' || code === 'database_unreachable';
}
