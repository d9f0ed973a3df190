import { lstatSync, statSync } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import { dayOf, type Day } from '../clock.js';
import { TallyError } from '../errors.js';
import { agencyKey, findAgency, unknownAgency } from '../feeds/agencies.js';
import { findFeed, type Feed } from '../feeds/feed.js';
import { archive } from '../inbox/archive.js';
import { fingerprint, listInbox } from '../inbox/folder.js';
import { acceptHeld } from '../load/accept.js';
import type { LoadContext, LoadProgress, LoadResult } from '../load/delivery.js';
import { asFailure, emptyResult, loadDelivery } from '../load/load.js';
import { rollBack, type RolledBack } from '../load/rollback.js';
import type { WrittenReport } from '../report/report.js';
import { databaseFailure } from '../warehouse/failure.js';
import { statement } from '../warehouse/statements.js';
import { sqlFiles } from '../warehouse/views.js';
import { nameDelivery, type Named, type Said } from './deliveries.js';
import { daysOf, isLost, writeReports } from './reports.js';
import type { RunOutcome, Session } from './session.js';

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

interface Done {
  result: RunSummary;
  outcome: RunOutcome;
}

/** One pass: find deliveries, load, report. */
export async function run(session: Session, watching: Watching): Promise<Done> {
  const { found, errors } = await listInbox(session.config.inbox);
  const deliveries = found.filter((each) => !each.isFolder || nameDelivery(session, each.name, each.arrivedAt) !== undefined);
  const candidates = deliveries.map((each) => ({ ...each, fromInbox: true }));
  return pass(session, watching, candidates, errors, { again: false, force: false, said: {} });
}

/** The same for files that someone names; they may lie anywhere. */
export async function loadFiles(
  session: Session,
  watching: Watching,
  paths: string[],
  options: { force: boolean; said: Said },
): Promise<Done> {
  const { agencies, feeds } = session;
  const { agency, feed } = options.said;
  const mayBeNew = (feed ? [feed] : feeds).some((each) => each.agencies === 'any');
  if (agency !== undefined && !mayBeNew && !findAgency(agencies, agency)) throw unknownAgency(agencies, agency);
  return pass(session, watching, paths.map((path) => candidateOf(session, path)), [], { ...options, again: true });
}

/** A file of the inbox arrived there when it did; one from elsewhere arrives now. */
function candidateOf({ config, clock }: Session, given: string): Candidate {
  const path = resolve(given);
  const below = relative(config.inbox, path);
  const fromInbox = !below.startsWith('..') && !below.startsWith(sep) && resolve(config.inbox, below) === path;
  const facts = fromInbox ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  const name = fromInbox ? below.split(sep).join('/') : basename(path);
  return { path, name, arrivedAt: facts?.ctime ?? clock.now(), fromInbox };
}

/** Publishes a load that was held, and writes the reports anew. */
export async function acceptLoad(session: Session, watching: Watching, loadId: string): Promise<Done> {
  const accepted = await acceptHeld(loadContext(session, watching), session.feeds, session.agencies.list, loadId);
  const summary = emptySummary(session, []);
  summary.loads.push(accepted);
  await report(session, summary, watching.signal);
  return { result: summary, outcome: outcomeOf(summary, watching.signal) };
}

/** Puts the version before back, and writes today's reports anew. */
export async function rollBackAgency(
  session: Session,
  signal: AbortSignal,
  feedName: string,
  token: string,
): Promise<RolledBack & { errors: TallyError[] }> {
  const feed = findFeed(session.feeds, feedName);
  const agency = findAgency(session.agencies, token)?.key ?? agencyKey(token);
  const done = await rollBack({ ...session, signal }, feed, agency, sqlFiles('on_rollback', session.config.workspace));
  const { errors } = await writeReports(session, [dayOf(session.clock.now(), session.config.timeZone)]);
  return { ...done, errors };
}

function loadContext(session: Session, watching: Pick<Watching, 'signal' | 'progress'>): LoadContext & Session {
  const { workspace } = session.config;
  return { ...session, ...watching, audits: sqlFiles('audits', workspace), onLoad: sqlFiles('on_load', workspace) };
}

function emptySummary({ runId }: Session, errors: TallyError[]): RunSummary {
  return { runId, loads: [], unmatched: [], notTried: [], reports: [], errors };
}

async function pass(
  session: Session,
  watching: Watching,
  candidates: Candidate[],
  errors: TallyError[],
  options: PassOptions,
): Promise<Done> {
  const context = loadContext(session, watching);
  const summary = emptySummary(session, errors);
  const named = candidates.map((file) => ({ file, is: nameDelivery(session, file.name, file.arrivedAt, options.said) }));
  for (const { file, is } of inOrder(named)) {
    if (watching.signal.aborted || isWithoutDatabase(summary)) {
      summary.notTried.push(file.name);
    } else if (is === undefined && !options.again) {
      summary.unmatched.push(file.name);
    } else {
      const result = await settle(context, summary, file, is, options);
      summary.loads.push(result);
      watching.loaded(result);
    }
  }
  if (!watching.signal.aborted && !isWithoutDatabase(summary)) await report(session, summary, watching.signal);
  return { result: summary, outcome: outcomeOf(summary, watching.signal) };
}

/** What becomes of a file: it is loaded, or it is told why not. */
async function settle(
  context: LoadContext & Session,
  summary: RunSummary,
  file: Candidate,
  is: Named,
  options: PassOptions,
): Promise<LoadResult> {
  if (is === undefined) return refuse(context, summary, file, {}, unnamed(file, context.feeds));
  if ('failure' in is) return refuse(context, summary, file, is, is.failure);
  try {
    const delivery = { ...is, path: file.path, fileName: basename(file.path), ...(await fingerprint(file.path)) };
    const result = await loadDelivery(context, delivery, options);
    const settled = result.outcome === 'loaded' || result.outcome === 'unchanged' || result.code === 'known';
    if (settled && context.config.archiveDeliveries) await putAway(context, summary, file, delivery);
    return result;
  } catch (error) {
    return refuse(context, summary, file, is, asFailure(error));
  }
}

/** A file that did not become a load; of what lies in the inbox the ledger says so, once. */
async function refuse(
  { client, clock, runId }: Session,
  { errors }: RunSummary,
  file: Candidate,
  is: { feed?: Feed | undefined; agency?: { key: string }; businessDate?: Day },
  failure: TallyError,
): Promise<LoadResult> {
  const [feed, agency, businessDate] = [is.feed?.name ?? null, is.agency?.key ?? null, is.businessDate ?? null];
  if (file.fromInbox && feed && failure.code !== 'interrupted' && !isLost(failure)) {
    const values = [runId, feed, agency, businessDate, basename(file.path), clock.now(), failure.code, failure.message];
    await client.query(statement('ledger/record_refusal'), values).catch((error: unknown) => errors.push(databaseFailure(error)));
  }
  const { code, message, hint = null } = failure;
  return { ...emptyResult(basename(file.path)), feed, agency, businessDate, code, message, hint };
}

/** What lay in the inbox moves; of a file from elsewhere the archive keeps a copy. */
async function putAway(
  { client, config }: LoadContext,
  summary: RunSummary,
  file: Candidate,
  delivery: { feed: Feed; agency: { key: string }; businessDate: Day; path: string; sha256: string },
): Promise<void> {
  const { feed, agency, businessDate, path, sha256 } = delivery;
  try {
    const place = await archive(config.archive, { path, feed: feed.name, businessDate, sha256 }, file.fromInbox ? 'move' : 'copy');
    await client.query(statement('ledger/record_archived'), [feed.name, agency.key, businessDate, sha256, place]);
  } catch (error) {
    // The load is what it is; where the file lies is another matter.
    summary.errors.push(asFailure(error));
  }
}

async function report(session: Session, summary: RunSummary, signal: AbortSignal): Promise<void> {
  const { written, errors } = await writeReports(session, daysOf(session, summary.loads), undefined, signal);
  summary.reports.push(...written);
  summary.errors.push(...errors);
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

function unnamed(file: Candidate, feeds: Feed[]): TallyError {
  const facts = statSync(file.path, { throwIfNoEntry: false });
  if (!facts) return new TallyError('file_missing', `There is no file ${file.path}.`);
  if (facts.isDirectory()) {
    return new TallyError('file_not_regular', `${file.path} is a folder; expected files.`, {
      hint: 'To load what lies in the inbox: tally run',
    });
  }
  return new TallyError('file_unnamed', `No feed has files with a name like ${basename(file.path)}.`, {
    hint: `Say --feed (${feeds.map((feed) => feed.name).join(', ')}) and --agency.`,
  });
}

function outcomeOf(summary: RunSummary, signal: AbortSignal): RunOutcome {
  if (signal.aborted) return 'interrupted';
  if (summary.errors.length > 0 || summary.loads.some((load) => load.outcome === 'failed')) return 'failed';
  return summary.loads.some((load) => load.outcome === 'held') ? 'held' : 'done';
}
