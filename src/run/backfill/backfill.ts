import { dayOf, type Day } from '../../clock.js';
import type { Config } from '../../config.js';
import { TallyError } from '../../errors.js';
import { loadAgencies } from '../../feeds/agencies.js';
import { findFeed, loadFeeds, type Feed } from '../../feeds/feed.js';
import {
  findOpenBackfill,
  finishBackfill,
  listReplayable,
  listReplayed,
  startBackfill,
  type Replayed,
  type Span,
} from '../../ledger/backfills.js';
import { currentLoad } from '../../load/known.js';
import { asFailure, describe } from '../../load/result.js';
import type { WrittenReport } from '../../report/report.js';
import type { Client } from '../../warehouse/connect.js';
import { unlock, waitForLock } from '../../warehouse/locks.js';
import { sqlFiles } from '../../warehouse/views.js';
import { CommandCopies } from '../copies.js';
import { loadContext, type Watching } from '../pass.js';
import { isLost, writeReportsAbout } from '../reports.js';
import type { RunOutcome, Session } from '../session.js';
import { askLedger } from '../status.js';
import { layOut, refuseUnknownAgency, rulesSha256, spanOf, type BackfillAsked, type Step } from './plan.js';
import { archivedDelivery, replayDelivery, replayOf, type Replay } from './replay.js';

export interface BackfillOptions {
  /** Write the reports also of days without a delivery. */
  allReports: boolean;
  /** Begin anew, whatever was done before. */
  restart: boolean;
}

export interface BackfillSummary {
  span: Span;
  /** null: nothing was begun. */
  backfillId: string | null;
  /** When it was begun, if that was before. */
  resumes: Date | null;
  replays: Replay[];
  reports: Omit<WrittenReport, 'late' | 'withoutLoad'>[];
  /** What went wrong beside the loads. */
  errors: TallyError[];
}

/**
 * Replays the archived deliveries of past business dates, the oldest first, and writes the reports of each date when
 * its deliveries are done. What is done is what the ledger has as done: so whatever ends it, the same call goes on.
 */
export async function backfill(
  session: Session,
  watching: Watching,
  asked: BackfillAsked & BackfillOptions,
): Promise<{ result: BackfillSummary; outcome: RunOutcome; errors: TallyError[] }> {
  const { client, config, clock } = session;
  const { signal } = watching;
  const feed = findFeed(session.feeds, asked.feed);
  const span = spanOf(feed, session.agencies, asked);
  const lock = `tally backfill ${feed.name}`;
  if (!(await waitForLock(client, lock, config.lockWaitSeconds, signal))) throw busy(feed);
  try {
    const found = await listReplayable(client, span);
    refuseUnknownAgency(session.agencies, span, found);
    const { backfillId, resumes } = await begin(session, feed, span, asked.restart);
    const days = layOut(span, found, await listReplayed(client, backfillId), config.timeZone);
    const summary: BackfillSummary = { span, backfillId, resumes, replays: [], reports: [], errors: [] };
    const today = dayOf(clock.now(), config.timeZone);
    for (const { day, steps } of days) {
      for (const step of steps) summary.replays.push(await take(session, watching, feed, summary, step));
      if (day !== today) await writeReportsFor(session, watching, feed, summary, day, asked.allReports);
    }
    // Last and once: its lines may be those of the last day that was replayed.
    if (found.length > 0 || (asked.allReports && days.some(({ day }) => day === today)))
      await writeReportsFor(session, watching, feed, summary, today, true);
    const outcome = outcomeOf(summary, signal);
    if (outcome === 'done' || outcome === 'held')
      await finishBackfill(client, backfillId, 'done', clock.now());
    return { result: summary, outcome, errors: summary.errors };
  } finally {
    await unlock(client, lock).catch(() => {});
  }
}

/** What it would do: nothing is loaded, written or begun. Each file is read, because a file that is gone is no plan. */
export async function planBackfill(
  config: Config,
  signal: AbortSignal,
  asked: BackfillAsked & BackfillOptions,
): Promise<BackfillSummary> {
  const agencies = loadAgencies(config.workspace);
  const feed = findFeed(loadFeeds(config.workspace), asked.feed);
  const span = spanOf(feed, agencies, asked);
  return askLedger(config, async (client, warehouse) => {
    const found = await listReplayable(client, span);
    refuseUnknownAgency(agencies, span, found);
    const open = await findOpenBackfill(client, span);
    const goesOn =
      !asked.restart && open?.rules_sha256 === rulesSha256(feed, sqlFiles('history', config.workspace));
    const done = goesOn ? await listReplayed(client, open.backfill_id) : new Map<string, Replayed>();
    const copies = new CommandCopies(config, warehouse);
    const replays: Replay[] = [];
    const publishes = await foresee(client, feed);
    try {
      const days = layOut(span, found, done, config.timeZone);
      for (const { replay, delivery } of days.flatMap(({ steps }) => steps)) {
        if (signal.aborted) throw new TallyError('interrupted', 'Interrupted. Nothing was begun.');
        const fault = delivery && (await faultOf({ config, agencies, copies, signal }, feed, delivery));
        if (fault) replays.push({ ...replay, outcome: 'failed', ...describe(fault) });
        else replays.push({ ...replay, live: delivery ? await publishes(delivery) : replay.live });
      }
    } finally {
      await copies.remove();
    }
    const resumes = goesOn ? open.started_at : null;
    return { span, backfillId: null, resumes, replays, reports: [], errors: [] };
  });
}

/** Why a delivery could not be read again; undefined: it can. */
async function faultOf(...asked: Parameters<typeof archivedDelivery>): Promise<TallyError | undefined> {
  try {
    await (await archivedDelivery(...asked)).release();
    return undefined;
  } catch (error) {
    return asFailure(error);
  }
}

/** Tells of each delivery in turn whether it would become what readers see. */
async function foresee(client: Client, feed: Feed) {
  const live = new Map<string, Day>();
  return async ({ agency, business_date: day }: { agency: string; business_date: Day }): Promise<boolean> => {
    if (feed.mode !== 'replace') return true;
    const now = live.get(agency) ?? (await currentLoad(client, feed.name, agency))?.businessDate ?? day;
    live.set(agency, day > now ? day : now);
    return day >= now;
  };
}

async function begin(
  { client, clock, config }: Session,
  feed: Feed,
  span: Span,
  restart: boolean,
): Promise<{ backfillId: string; resumes: Date | null }> {
  const rules = rulesSha256(feed, sqlFiles('history', config.workspace));
  const open = await findOpenBackfill(client, span);
  if (open && !restart && open.rules_sha256 === rules)
    return { backfillId: open.backfill_id, resumes: open.started_at };
  if (open) await finishBackfill(client, open.backfill_id, 'given_up', clock.now());
  return { backfillId: await startBackfill(client, span, rules, clock.now()), resumes: null };
}

async function take(
  session: Session,
  watching: Watching,
  feed: Feed,
  { backfillId, errors, replays }: BackfillSummary,
  { replay, delivery }: Step,
): Promise<Replay> {
  if (!delivery) return replay;
  const isLostAlready = errors.some(isLost) || replays.some(isLost);
  if (watching.signal.aborted || isLostAlready) return { ...replay, outcome: 'not_tried' };
  const context = loadContext(session, watching);
  const result = await replayDelivery(context, { feed, backfillId: backfillId! }, delivery);
  watching.loaded(result);
  return replayOf(replay, result);
}

/** The reports of a day, if a replay owes them or `all` are asked for. */
async function writeReportsFor(
  session: Session,
  { signal }: Watching,
  feed: Feed,
  { errors, replays, reports }: BackfillSummary,
  day: Day,
  all: boolean,
): Promise<void> {
  if (signal.aborted || errors.some(isLost) || replays.some(isLost)) return;
  const done = await writeReportsAbout(session, signal, feed, day, { always: all });
  reports.push(...done.written.map(({ late: _, withoutLoad: _without, ...report }) => report));
  errors.push(...done.errors);
}

function outcomeOf({ replays, errors }: BackfillSummary, signal: AbortSignal): RunOutcome {
  if (signal.aborted) return 'interrupted';
  if (errors.length > 0 || replays.some(({ outcome }) => outcome === 'failed' || outcome === 'not_tried'))
    return 'failed';
  return replays.some(({ outcome }) => outcome === 'held') ? 'held' : 'done';
}

function busy({ name }: Feed): TallyError {
  return new TallyError('load_busy', `Another backfill of ${name} is going on; try again when it is done.`);
}
