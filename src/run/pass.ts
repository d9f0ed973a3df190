import { setMaxListeners } from 'node:events';
import type { TallyError } from '../errors.js';
import { whyNotReady } from '../inbox/ready.js';
import { readAudits } from '../load/audit.js';
import { readHistories } from '../load/history.js';
import type { LoadContext, LoadProgress, LoadResult } from '../load/delivery.js';
import { lockName } from '../load/load.js';
import { dropRetired } from '../load/publish.js';
import { analyzeJoined } from '../load/statistics.js';
import { listFreshness, type Freshness } from '../ledger/freshness.js';
import type { Carried } from '../messages/carry.js';
import type { WrittenReport } from '../report/report.js';
import type { Client } from '../warehouse/connect.js';
import { databaseFailure } from '../warehouse/failure.js';
import { sqlFiles } from '../warehouse/views.js';
import { nameDelivery, type Named, type Said } from './deliveries.js';
import { inLanes } from './lanes.js';
import { publishAfterRun } from './messages.js';
import { packArchive } from './packing.js';
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
  /** Files that are not complete yet, and why: left alone until the next run. */
  waiting: Waiting[];
  reports: WrittenReport[];
  /** How each agency's data stands now, feed by feed. */
  freshness: Freshness[];
  /** For each destination, what became of the messages. */
  messages: Carried[];
  /** What went wrong beside the loads: a folder that cannot be read, a report that cannot be written. */
  errors: TallyError[];
}

export interface Waiting {
  file: string;
  message: string;
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
  errors: TallyError[];
}

/** A file, and what its name says. */
interface Planned {
  file: Candidate;
  is: Named;
}

/** Loads files, so many at once as there are jobs, and writes the reports. */
export async function pass(
  session: Session,
  watching: Watching,
  candidates: Candidate[],
  options: PassOptions,
  { errors, waiting }: Pick<RunSummary, 'errors' | 'waiting'> = { errors: [], waiting: [] },
): Promise<Done> {
  const summary = { ...emptySummary(session, errors), waiting };
  const all = candidates.map((file) => ({
    file,
    is: nameDelivery(session, file.name, file.arrivedAt, options.said),
  }));
  const named = options.again ? all : all.filter((each) => isReady(session, each, waiting));
  const isUnmatched = ({ is }: Planned) => is === undefined && !options.again;
  const planned = inOrder(named.filter((each) => !isUnmatched(each)));
  const results = await loadPlanned(session, watching, planned, options, errors);

  summary.unmatched.push(...named.filter(isUnmatched).map(({ file }) => file.name));
  // In the order of the files, whichever was done first.
  for (const each of planned) {
    const result = results.get(each);
    if (result) summary.loads.push(result);
    else summary.notTried.push(each.file.name);
  }
  return conclude(session, watching, summary);
}

/** Someone who names a file is not asked to wait for it. */
function isReady({ config, clock }: Session, { file, is }: Planned, waiting: Waiting[]): boolean {
  if (!is?.feed) return true;
  const { stableSeconds } = config;
  const message = whyNotReady(file, is.feed.ready, { now: clock.now(), stableSeconds });
  if (message) waiting.push({ file: file.name, message });
  return message === undefined;
}

/**
 * Files of one agency and feed are loaded one after the other, in their order: the lock would have the second wait
 * anyway. After an interruption, and without a database, nothing more is begun.
 */
async function loadPlanned(
  session: Session,
  watching: Watching,
  planned: Planned[],
  options: PassOptions,
  errors: TallyError[],
): Promise<Map<Planned, LoadResult>> {
  const results = new Map<Planned, LoadResult>();
  // A load drops what it overtakes; here go the old versions that were still read then.
  await dropRetired(session.client).catch((error: unknown) =>
    session.log.warn('old versions stay for now', { error }),
  );
  const context = loadContext(session, watching);
  let isDatabaseLost = false;
  await withClients(session, Math.min(session.config.jobs, planned.length), async (clients) => {
    // Each load listens, and Node takes more than ten listeners for a mistake.
    setMaxListeners(clients.length + 10, watching.signal);
    await inLanes(planned, clients, laneOf, async (client, each) => {
      if (watching.signal.aborted || isDatabaseLost) return;
      const result = await settle({ ...context, client }, errors, each.file, each.is, options);
      results.set(each, result);
      isDatabaseLost ||= isLost(result) || errors.some(isLost);
      watching.loaded(result);
    });
  });
  return results;
}

function laneOf({ is }: Planned): string | undefined {
  return is && 'agency' in is ? lockName(is.feed.name, is.agency.key) : undefined;
}

/** The connection of the session and others beside it; where the server gives fewer, fewer have to do. */
async function withClients(
  { client, warehouse, log }: Session,
  count: number,
  work: (clients: Client[]) => Promise<void>,
): Promise<void> {
  const others: Client[] = [];
  try {
    while (others.length + 1 < count) others.push(await warehouse.connect('tally'));
  } catch (error) {
    log.warn('fewer jobs than asked for', { asked: count, jobs: others.length + 1, error });
  }
  try {
    await work([client, ...others]);
  } finally {
    await Promise.all(others.map((other) => other.end().catch(() => {})));
  }
}

/** Writes the reports and sends the messages, whatever came of the loads, packs what was archived, and says how it went. */
export async function conclude(session: Session, { signal }: Watching, summary: RunSummary): Promise<Done> {
  if (!signal.aborted && !isWithoutDatabase(summary)) {
    await analyze(
      session,
      summary.loads.flatMap(({ feed, live }) => (feed !== null && live ? [feed] : [])),
    );
    const { written, errors } = await writeReportsDue(session, signal);
    summary.reports.push(...written);
    summary.errors.push(...errors);
    await packArchive(session, signal, summary.errors);
  }
  if (!signal.aborted && !isWithoutDatabase(summary)) {
    const { carried, errors } = await publishAfterRun(session, signal);
    summary.messages.push(...carried);
    summary.errors.push(...errors);
    summary.freshness = await listFreshness(session, session.clock.now()).catch((error: unknown) => {
      summary.errors.push(databaseFailure(error));
      return [];
    });
  }
  return { result: summary, outcome: outcomeOf(summary, signal), errors: summary.errors };
}

/** What the planner is told makes nothing right or wrong, only quick: so it may fail. */
export async function analyze({ client, log }: Session, feeds: string[]): Promise<void> {
  await analyzeJoined(client, feeds).catch((error: unknown) =>
    log.warn('the planner does not know of the new rows', { error }),
  );
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
  return {
    runId,
    loads: [],
    unmatched: [],
    notTried: [],
    waiting: [],
    reports: [],
    messages: [],
    freshness: [],
    errors,
  };
}

/** Older business dates first, so that the present comes last; then as they arrived. */
function inOrder<T extends { is: Named }>(named: T[]): T[] {
  const day = ({ is }: T) => (is && 'businessDate' in is ? is.businessDate : '');
  return [...named].sort((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0));
}

function isWithoutDatabase({ loads, errors }: RunSummary): boolean {
  return errors.some(isLost) || loads.some(isLost);
}

function outcomeOf(summary: RunSummary, signal: AbortSignal): RunOutcome {
  if (signal.aborted) return 'interrupted';
  if (summary.errors.length > 0 || summary.loads.some((load) => load.outcome === 'failed')) return 'failed';
  return summary.loads.some((load) => load.outcome === 'held') ? 'held' : 'done';
}
