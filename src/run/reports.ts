import { dayOf, type Day } from '../clock.js';
import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import {
  notOfThatDay,
  readReport,
  sweepHalves,
  writeReport,
  type Report,
  type WrittenReport,
} from '../report/report.js';
import { cancelOnAbort } from '../warehouse/cancel.js';
import { databaseFailure, sqlState } from '../warehouse/failure.js';
import { unlock, waitForLock } from '../warehouse/locks.js';
import { statement } from '../warehouse/statements.js';
import { sqlFiles, type SqlFile } from '../warehouse/views.js';
import { latenessOf } from './lateness.js';
import type { Session } from './session.js';

export interface ReportsOfDays {
  written: WrittenReport[];
  errors: TallyError[];
  /** Days of which a report could not be written this time, and may be the next. */
  left: Day[];
}

interface LoadWithReportsDue {
  load_id: string;
  feed: string;
  business_date: Day;
}

/** One writer at a time, so that a report and the manifest beside it are of one mind. */
const LOCK = 'tally reports';

/**
 * The reports of today, and of each other day that got a delivery since its reports were written: in this run, or
 * in one that did not come so far.
 */
export async function writeReportsDue(session: Session, signal: AbortSignal): Promise<ReportsOfDays> {
  const { client, clock, config } = session;
  try {
    const { rows } = await client.query<LoadWithReportsDue>(statement('ledger/list_reports_due'));
    const days = [...rows.map((row) => row.business_date), dayOf(clock.now(), config.timeZone)];
    const done = await writeReports(session, signal, [...new Set(days)].sort());
    const settled = rows.filter((row) => !done.left.includes(row.business_date)).map((row) => row.load_id);
    await client.query(statement('ledger/settle_reports_due'), [settled]).catch((error: unknown) => {
      done.errors.push(databaseFailure(error));
    });
    return done;
  } catch (error) {
    return { written: [], errors: [databaseFailure(error)], left: [] };
  }
}

/** The reports about a feed of a day, if its loads owe them or they are asked for in any case. */
export async function writeReportsAbout(
  session: Session,
  signal: AbortSignal,
  feed: Feed,
  day: Day,
  { always }: { always: boolean },
): Promise<ReportsOfDays> {
  const { client } = session;
  const none: ReportsOfDays = { written: [], errors: [], left: [] };
  try {
    const { rows } = await client.query<LoadWithReportsDue>(statement('ledger/list_reports_due'));
    const due = rows.filter((row) => row.feed === feed.name && row.business_date === day);
    if (due.length === 0 && !always) return none;
    const done = await writeReports(session, signal, [day], { about: feed });
    const settled = done.left.length === 0 ? due.map((row) => row.load_id) : [];
    await client.query(statement('ledger/settle_reports_due'), [settled]);
    return done;
  } catch (error) {
    return { ...none, errors: [databaseFailure(error)] };
  }
}

/**
 * The reports of each day; one that cannot be written does not keep the others from being. `anew`: also those that are up to
 * date as far as the ledger knows.
 */
export async function writeReports(
  session: Session,
  signal: AbortSignal,
  days: Day[],
  { only, about, anew = false }: { only?: Report | undefined; about?: Feed; anew?: boolean } = {},
): Promise<ReportsOfDays> {
  const { client, config } = session;
  const done: ReportsOfDays = { written: [], errors: [], left: [] };
  const reports = only ? [only] : reportsOf(session, done.errors).filter(isAbout(about));
  if (!(await waitForLock(client, LOCK, config.lockWaitSeconds, signal))) {
    if (!signal.aborted) done.errors.push(busy(config.lockWaitSeconds));
    return { ...done, left: days };
  }
  const stopCancelling = cancelOnAbort({ ...session, signal });
  try {
    await client.query(statement('report/set_bounds'));
    for (const day of days) {
      for (const report of reports)
        await writeOne(session, signal, report, { day, isAskedFor: report === only, anew }, done);
    }
    sweepHalves(config, reports);
    return done;
  } finally {
    await stopCancelling();
    await unlock(client, LOCK);
  }
}

async function writeOne(
  session: Session,
  signal: AbortSignal,
  report: Report,
  { day, isAskedFor, anew }: { day: Day; isAskedFor: boolean; anew: boolean },
  done: ReportsOfDays,
): Promise<void> {
  if (signal.aborted || done.errors.some(isLost)) {
    done.left.push(day);
    return;
  }
  try {
    const refusal = await notOfThatDay(session, report, day);
    if (!refusal) {
      const lateness = await latenessOf(session, report, day);
      done.written.push(await writeReport(session, report, day, { lateness, anew }));
    } else if (isAskedFor) done.errors.push(refusal);
  } catch (error) {
    if (!isAskedFor && isWithoutView(report, error)) return;
    session.log.error('report not written', { report: report.name, day, error });
    const failure = databaseFailure(error);
    // One that is wrong itself would be owed for ever.
    if (failure.code !== 'sql_invalid') done.left.push(day);
    if (!signal.aborted) done.errors.push(failure);
  }
}

/** A report that ships, of a view that was left out: this workspace's feeds have not what it reads. */
function isWithoutView({ isShipped }: Report, error: unknown): boolean {
  return isShipped && error instanceof TallyError && sqlState(error.cause) === '42P01';
}

function busy(seconds: number): TallyError {
  return new TallyError(
    'load_busy',
    `Another command has been writing reports for ${seconds} s, so they were not written.`,
    { hint: 'The next run writes them; or: tally report' },
  );
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

/** One that names no feed may be about any. */
function isAbout(feed: Feed | undefined): (report: Report) => boolean {
  return (each) => feed === undefined || each.feed === undefined || each.feed === feed.name;
}

/** A report about a feed that this workspace does not have is not written. */
function hasItsFeed(feeds: Feed[]): (report: Report) => boolean {
  const names = feeds.map((feed) => feed.name);
  return ({ feed, live }) =>
    [...(feed === undefined ? [] : [feed]), ...live].every((name) => names.includes(name));
}

/** After these codes there is no use in asking the database again. */
export function isLost({ code }: { code: string | null }): boolean {
  return code === 'database_lost' || code === 'database_unreachable';
}
