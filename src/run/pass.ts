import type { TallyError } from '../errors.js';
import { readAudits } from '../load/audit.js';
import { readHistories } from '../load/history.js';
import type { LoadContext, LoadProgress, LoadResult } from '../load/delivery.js';
import type { WrittenReport } from '../report/report.js';
import { sqlFiles } from '../warehouse/views.js';
import { nameDelivery, type Named, type Said } from './deliveries.js';
import { isLost, writeReportsDue } from './reports.js';
import type { RunOutcome, Session } from './session.js';
import { settle, type Candidate } from './settle.js';

export interface RunSummary {
  runId: string;
  loads: LoadResult[];
  /** Files that no feed has a name for: left alone. */
  unmatched: string[];
  /** Files that were not tried, because the run was interrupted or the database went away. */
  notTried: string[];
  reports: WrittenReport[];
  /** What went wrong beside the loads: a folder that cannot be read, a report that cannot be written. */
  errors: TallyError[];
}

export interface Watching {
  signal: AbortSignal;
  progress(done: LoadProgress): void;
  loaded(result: LoadResult): void;
}

interface PassOptions {
  again: boolean;
  force: boolean;
  said: Said;
}

export interface Done {
  result: RunSummary;
  outcome: RunOutcome;
}

/** Loads files one after the other, and writes the reports. */
export async function pass(
  session: Session,
  watching: Watching,
  candidates: Candidate[],
  options: PassOptions,
  errors: TallyError[] = [],
): Promise<Done> {
  const context = loadContext(session, watching);
  const summary = emptySummary(session, errors);
  const named = candidates.map((file) => ({
    file,
    is: nameDelivery(session, file.name, file.arrivedAt, options.said),
  }));
  for (const { file, is } of inOrder(named)) {
    if (watching.signal.aborted || isWithoutDatabase(summary)) {
      summary.notTried.push(file.name);
    } else if (is === undefined && !options.again) {
      summary.unmatched.push(file.name);
    } else {
      const result = await settle(context, summary.errors, file, is, options);
      summary.loads.push(result);
      watching.loaded(result);
    }
  }
  return conclude(session, watching, summary);
}

/** Writes the reports, whatever came of the loads, and says how it went. */
export async function conclude(session: Session, { signal }: Watching, summary: RunSummary): Promise<Done> {
  if (!signal.aborted && !isWithoutDatabase(summary)) {
    const { written, errors } = await writeReportsDue(session, signal);
    summary.reports.push(...written);
    summary.errors.push(...errors);
  }
  return { result: summary, outcome: outcomeOf(summary, signal) };
}

export function loadContext(
  session: Session,
  watching: Pick<Watching, 'signal' | 'progress'>,
): LoadContext & Session {
  const { workspace } = session.config;
  const audits = sqlFiles('audits', workspace);
  const histories = sqlFiles('history', workspace);
  // One that does not say what it is about is met here, before any file is read.
  readAudits(audits);
  readHistories(histories);
  return { ...session, ...watching, audits, histories };
}

export function emptySummary({ runId }: Session, errors: TallyError[] = []): RunSummary {
  return { runId, loads: [], unmatched: [], notTried: [], reports: [], errors };
}

/** Older business dates first, so that the present comes last; then as they arrived. */
function inOrder<T extends { is: Named }>(named: T[]): T[] {
  const day = ({ is }: T) => (is && 'businessDate' in is ? is.businessDate : '');
  return [...named].sort((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0));
}

function isWithoutDatabase({ loads, errors }: RunSummary): boolean {
  const last = loads.at(-1);
  return errors.some(isLost) || (last !== undefined && isLost(last));
}

function outcomeOf(summary: RunSummary, signal: AbortSignal): RunOutcome {
  if (signal.aborted) return 'interrupted';
  if (summary.errors.length > 0 || summary.loads.some((load) => load.outcome === 'failed')) return 'failed';
  return summary.loads.some((load) => load.outcome === 'held') ? 'held' : 'done';
}
