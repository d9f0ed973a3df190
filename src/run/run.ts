import { existsSync } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import { dayOf, type Day } from '../clock.js';
import { TallyError } from '../errors.js';
import { agencyKey, findAgency } from '../feeds/agencies.js';
import { findFeed, type Feed } from '../feeds/feed.js';
import { acceptHeld } from '../load/accept.js';
import { rollBack, type RolledBack } from '../load/rollback.js';
import { archive, fingerprint, listInbox } from '../inbox/folder.js';
import type { LoadContext, LoadProgress, LoadResult } from '../load/delivery.js';
import { asFailure, emptyResult, loadDelivery } from '../load/load.js';
import { readReports, writeReport, type Report, type WrittenReport } from '../report/report.js';
import { statement } from '../warehouse/statements.js';
import { sqlFiles } from '../warehouse/views.js';
import { nameDelivery, type Said } from './deliveries.js';
import type { RunOutcome, Session } from './session.js';

export interface RunSummary {
  runId: string;
  loads: LoadResult[];
  /** Files that no feed has a name for: left alone. */
  unmatched: string[];
  /** Files that were not tried, because the run was interrupted or the database went away. */
  notTried: string[];
  reports: WrittenReport[];
}

export interface Watching {
  signal: AbortSignal;
  progress(done: LoadProgress): void;
  loaded(result: LoadResult): void;
}

/** A file that is to be loaded. */
interface Candidate {
  path: string;
  /** As its feed's patterns see it: below the inbox. */
  name: string;
  arrivedAt: Date;
  fromInbox: boolean;
}

interface PassOptions {
  again: boolean;
  force: boolean;
  said: Said;
}

/** One pass: find deliveries, load, report. */
export async function run(session: Session, watching: Watching): Promise<{ result: RunSummary; outcome: RunOutcome }> {
  const files = await listInbox(session.config.inbox);
  const candidates = files.map((file) => ({ ...file, fromInbox: true }));
  return pass(session, watching, candidates, { again: false, force: false, said: {} });
}

/** The same for files that someone names; they may lie anywhere. */
export async function loadFiles(
  session: Session,
  watching: Watching,
  paths: string[],
  options: { force: boolean; said: Said },
): Promise<{ result: RunSummary; outcome: RunOutcome }> {
  const { config, clock } = session;
  const candidates = paths.map((given): Candidate => {
    const path = resolve(given);
    const below = relative(config.inbox, path);
    const fromInbox = !below.startsWith('..') && !below.startsWith(sep) && resolve(config.inbox, below) === path;
    const name = fromInbox ? below.split(sep).join('/') : basename(path);
    return { path, name, arrivedAt: clock.now(), fromInbox };
  });
  return pass(session, watching, candidates, { ...options, again: true });
}

/** Publishes a load that was held, and writes the reports anew. */
export async function acceptLoad(
  session: Session,
  watching: Watching,
  loadId: string,
): Promise<{ result: RunSummary; outcome: RunOutcome }> {
  const accepted = await acceptHeld(loadContext(session, watching), session.feeds, session.agencies.list, loadId);
  const summary: RunSummary = { runId: session.runId, loads: [accepted], unmatched: [], notTried: [], reports: [] };
  summary.reports = await writeReports(session, datesOf(session, summary.loads));
  return { result: summary, outcome: 'done' };
}

/** Puts the version before back, and writes today's reports anew. */
export async function rollBackAgency(session: Session, signal: AbortSignal, feedName: string, token: string): Promise<RolledBack> {
  const feed = findFeed(session.feeds, feedName);
  const agency = findAgency(session.agencies, token)?.key ?? agencyKey(token);
  const done = await rollBack({ ...session, signal }, feed, agency, sqlFiles('on_rollback', session.config.workspace));
  await writeReports(session, [dayOf(session.clock.now(), session.config.timeZone)]);
  return done;
}

function loadContext(session: Session, watching: Pick<Watching, 'signal' | 'progress'>): LoadContext {
  const { workspace } = session.config;
  return { ...session, ...watching, audits: sqlFiles('audits', workspace), onLoad: sqlFiles('on_load', workspace) };
}

async function pass(
  session: Session,
  watching: Watching,
  candidates: Candidate[],
  options: PassOptions,
): Promise<{ result: RunSummary; outcome: RunOutcome }> {
  const context = loadContext(session, watching);
  const summary: RunSummary = { runId: session.runId, loads: [], unmatched: [], notTried: [], reports: [] };
  const named = inOrder(candidates.map((file) => ({ file, is: nameDelivery(session, file.name, file.arrivedAt, options.said) })));
  for (const { file, is } of named) {
    if (watching.signal.aborted || lostDatabase(summary)) {
      summary.notTried.push(file.name);
      continue;
    }
    if (is === undefined) {
      if (options.again) report(summary, watching, refused(file, undefined, unnamed(file, session.feeds)));
      else summary.unmatched.push(file.name);
      continue;
    }
    if ('failure' in is) {
      report(summary, watching, refused(file, is.feed, is.failure));
      continue;
    }
    report(summary, watching, await loadOne(context, file, is, options));
  }
  if (!watching.signal.aborted && !lostDatabase(summary)) {
    summary.reports = await writeReports(session, datesOf(session, summary.loads));
  }
  return { result: summary, outcome: outcomeOf(summary, watching.signal) };
}

function report(summary: RunSummary, watching: Watching, result: LoadResult): void {
  summary.loads.push(result);
  watching.loaded(result);
}

async function loadOne(
  context: LoadContext,
  file: Candidate,
  is: Pick<Parameters<typeof loadDelivery>[1], 'feed' | 'agency' | 'businessDate'>,
  options: PassOptions,
): Promise<LoadResult> {
  try {
    const delivery = { ...is, path: file.path, fileName: basename(file.path), ...(await fingerprint(file.path)) };
    const result = await loadDelivery(context, delivery, options);
    const settled = result.outcome === 'loaded' || result.outcome === 'unchanged' || result.code === 'known';
    if (settled && context.config.archiveDeliveries) await putAway(context, file, delivery);
    return result;
  } catch (error) {
    return { ...refused(file, is.feed, asFailure(error)), agency: is.agency.key, businessDate: is.businessDate };
  }
}

/** What lay in the inbox moves; of a file from elsewhere the archive keeps a copy. */
async function putAway(
  { client, config }: LoadContext,
  file: Candidate,
  delivery: { feed: Feed; agency: { key: string }; businessDate: Day; path: string; sha256: string },
): Promise<void> {
  const { feed, agency, businessDate, path, sha256 } = delivery;
  const place = await archive(config.archive, { path, feed: feed.name, businessDate, sha256 }, file.fromInbox ? 'move' : 'copy');
  await client.query(statement('ledger/record_archived'), [feed.name, agency.key, businessDate, sha256, place]);
}

/** The day of the run, and each past day that got a delivery. */
function datesOf({ clock, config }: Session, loads: LoadResult[]): Day[] {
  const today = dayOf(clock.now(), config.timeZone);
  const touched = loads.flatMap((load) =>
    load.businessDate && (load.outcome === 'loaded' || load.outcome === 'unchanged') ? [load.businessDate] : [],
  );
  return [...new Set([...touched, today])].sort();
}

export async function writeReports(session: Session, dates: Day[], only?: Report): Promise<WrittenReport[]> {
  const reports = only ? [only] : readReports(sqlFiles('reports', session.config.workspace)).filter(hasItsFeed(session.feeds));
  const written: WrittenReport[] = [];
  for (const date of dates) {
    for (const each of reports) {
      written.push(await writeReport({ ...session, agencies: session.agencies.list }, each, date));
    }
  }
  return written;
}

/** A report about a feed that this workspace does not have is not written. */
function hasItsFeed(feeds: Feed[]): (report: Report) => boolean {
  return (each) => each.feed === undefined || feeds.some((feed) => feed.name === each.feed);
}

/** Older business dates first, so that the present comes last; then as they arrived. */
function inOrder<T extends { is: ReturnType<typeof nameDelivery> }>(named: T[]): T[] {
  const day = ({ is }: T) => (is && 'businessDate' in is ? is.businessDate : '');
  return [...named].sort((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0));
}

function lostDatabase(summary: RunSummary): boolean {
  const last = summary.loads.at(-1);
  return last?.code === 'database_lost' || last?.code === 'database_unreachable';
}

function refused(file: Candidate, feed: Feed | undefined, failure: TallyError): LoadResult {
  return {
    ...emptyResult(basename(file.path)),
    feed: feed?.name ?? null,
    code: failure.code,
    message: failure.message,
    hint: failure.hint ?? null,
  };
}

function unnamed(file: Candidate, feeds: Feed[]): TallyError {
  if (!existsSync(file.path)) return new TallyError('file_missing', `There is no file ${file.path}.`);
  return new TallyError('file_unnamed', `No feed has files with a name like ${basename(file.path)}.`, {
    hint: `Say --feed (${feeds.map((feed) => feed.name).join(', ')}) and --agency.`,
  });
}

function outcomeOf(summary: RunSummary, signal: AbortSignal): RunOutcome {
  if (signal.aborted) return 'interrupted';
  if (summary.loads.some((load) => load.outcome === 'failed')) return 'failed';
  return summary.loads.some((load) => load.outcome === 'held') ? 'held' : 'done';
}
