import { availableParallelism } from 'node:os';
import { cancelOnAbort } from '../warehouse/cancel.js';
import { sqlState } from '../warehouse/failure.js';
import { unlock, waitForLock } from '../warehouse/locks.js';
import { prepared, statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import { runAudits } from './audit.js';
import type { Delivery, LoadContext, LoadResult } from './delivery.js';
import { completeVersion, together } from './complete.js';
import { fillVersion, interrupted, type Counted, type Filled } from './fill.js';
import { judge, type Hold } from './guard.js';
import { dropOrphans, InvalidRows } from './invalid.js';
import { askHistories, keepAsked, keepHistory } from './history.js';
import { decide, type CurrentLoad, type Decision } from './known.js';
import { closeFailed, closeLoad, openLoad, recordAgencies, recordCounts, since, skip } from './record.js';
import { dropRetired, publish, withNextVersion } from './publish.js';
import { asFailure, describe, resultOf, skipped } from './result.js';
import { SecondConnection } from './second.js';
import { agencyTable, ensureAgencyTable } from './tables.js';

export interface LoadOptions {
  /** Someone asked for this file: what was refused before is tried again. */
  again: boolean;
  /** Load it whatever the ledger says. */
  force: boolean;
  /** Load what the ledger knows once more, because the rules or the histories have changed since. */
  replay?: Replay | undefined;
}

interface Replay {
  backfillId: string;
  /** What its content gave then, which its guards compare with: what is live now is of another day. */
  rowsLoaded: number | undefined;
}

/** Puts one delivery into the warehouse, or says why not. */
export async function loadDelivery(
  context: LoadContext,
  delivery: Delivery,
  options: LoadOptions,
): Promise<LoadResult> {
  const { client, config, signal } = context;
  const lock = lockName(delivery.feed.name, delivery.agency.key);
  if (!(await waitForLock(client, lock, config.lockWaitSeconds, signal))) {
    if (signal.aborted) throw interrupted();
    return skipped(
      delivery,
      null,
      'load_busy',
      `another load of ${delivery.feed.name} for ${delivery.agency.key} is going on; it was waited for ${config.lockWaitSeconds} s`,
    );
  }
  try {
    const decision = await decide(client, delivery, options);
    if (decision.action === 'skip') return await skip(context, delivery, options, decision);
    return await attempt(context, delivery, options, decision);
  } finally {
    await unlock(client, lock);
  }
}

export function lockName(feed: string, agency: string): string {
  return `tally load ${feed} ${agency}`;
}

async function attempt(
  context: LoadContext,
  delivery: Delivery,
  options: LoadOptions,
  decision: Exclude<Decision, { action: 'skip' }>,
): Promise<LoadResult> {
  const { client, clock } = context;
  const began = clock.now();
  const { loadId, deliveryId, isPrepared } = await openLoad(context, delivery, options.replay?.backfillId);
  const log = context.log.child({ load_id: Number(loadId) });
  log.info('load begins', {
    feed: delivery.feed.name,
    agency: delivery.agency.key,
    business_date: delivery.businessDate,
    file: delivery.fileName,
    delivery_id: Number(deliveryId),
  });
  context.lineage.loadBegins({ ...resultOf(delivery), loadId });
  const invalid = invalidRowsOf(context, delivery, loadId);
  const second = new SecondConnection(context.warehouse);
  const stopCancelling = cancelOnAbort(context);
  try {
    if (!isPrepared) await transaction(client, () => prepareAgency(context, delivery));
    const result = await (decision.action === 'unchanged'
      ? transaction(client, () => closeUnchanged(context, delivery, loadId, decision))
      : fillAndClose(context, delivery, options, loadId, decision, { invalid, second }));
    const dropping = dropOld({ ...context, log }, delivery, second);
    if (second.client) context.later(dropping);
    else await dropping;
    log.info('load closed', {
      outcome: result.outcome,
      rows_read: result.rowsRead,
      rows_loaded: result.rowsLoaded,
      rows_invalid: result.rowsInvalid,
      seconds: result.seconds,
    });
    context.lineage.loadEnded(result);
    return result;
  } catch (error) {
    // What follows is not to be cancelled any more.
    await stopCancelling();
    const failure = context.signal.aborted && sqlState(error) === '57014' ? interrupted() : asFailure(error);
    log.error('load failed', { file: delivery.fileName, error });
    await invalid.close();
    await second.close();
    await closeFailed(context, loadId, failure, began);
    await dropOrphans(client).catch(() => {});
    const result: LoadResult = {
      ...resultOf(delivery),
      loadId,
      outcome: 'failed',
      seconds: since(began, clock.now()),
      ...describe(failure),
    };
    context.lineage.loadEnded(result);
    return result;
  } finally {
    await stopCancelling();
    await invalid.close();
  }
}

/** The rows that readers saw before. Large ones go slowly: over the second connection, whose last work it is, nobody waits for it. */
async function dropOld(
  { client, log }: LoadContext,
  delivery: Delivery,
  second: SecondConnection,
): Promise<void> {
  try {
    await dropRetired((await second.client) ?? client, delivery);
  } catch (error) {
    log.warn('old versions stay for now', { error });
  }
  await second.close();
}

/** In a transaction of its own, because it locks the feed's table against the first load of any other agency. */
async function prepareAgency({ client }: LoadContext, { feed, agency }: Delivery): Promise<void> {
  await recordAgencies(client, [agency]);
  await ensureAgencyTable(client, feed, agency);
}

/**
 * Two transactions: only what is committed can be looked at by two connections at once. What the first one leaves is
 * nobody's until the second one publishes it together with all that the ledger says of it; if that fails, `dropOrphans`
 * takes it away.
 */
async function fillAndClose(
  context: LoadContext,
  delivery: Delivery,
  options: LoadOptions,
  loadId: string,
  { live, before }: Extract<Decision, { action: 'load' }>,
  { invalid, second }: { invalid: InvalidRows; second: SecondConnection },
): Promise<LoadResult> {
  const { client, clock } = context;
  const began = clock.now();
  const filled = await transaction(client, async () => {
    await setUp(context, delivery, statement('load/commit_in_passing'));
    const counts = await fillVersion(context, delivery, loadId, invalid);
    // The commit waits for the disk: meanwhile.
    second.openFor(counts.rowsLoaded);
    return counts;
  });
  return transaction(client, async () => {
    await setUp(context, delivery, second.client && leaveCores(context));
    const rowsBefore = options.replay ? options.replay.rowsLoaded : before?.rowsLoaded;
    const { counts, hold, warnings } = await withNextVersion(client, loadId, () =>
      judgeVersion(context, delivery, { loadId, filled, invalid, second, rowsBefore, force: options.force }),
    );
    if (context.signal.aborted) throw interrupted();
    // Before the exchange, so that its lock, which readers meet, waits for nothing but the commit.
    await invalid.attach(client);
    if (hold) await keepHeld(context, delivery, loadId);
    else await publish(context, delivery, loadId, live);

    const note =
      live || hold
        ? null
        : `${delivery.businessDate} is before ${before!.businessDate}, which is live: it gave its history and report, the table stays`;
    const result: LoadResult = {
      ...resultOf(delivery),
      ...counts,
      reasons: [...invalid.reasons.values()].sort((a, b) => b.count - a.count),
      warnings,
      loadId,
      outcome: hold ? 'held' : 'loaded',
      live: live && !hold,
      seconds: since(began, clock.now()),
      code: hold?.code ?? (note ? 'past_date' : null),
      message: hold ? `${delivery.agency.key}: ${hold.message}` : note,
      hint: hold ? holdHint(loadId, counts.rowsInvalid) : null,
    };
    await closeLoad(context, result);
    return result;
  });
}

/** As one message: a small file costs little but messages. */
async function setUp({ client, config }: LoadContext, { agency }: Delivery, also = ''): Promise<void> {
  const zone = statement('load/set_time_zone', { zone: agency.timeZone ?? config.timeZone });
  await client.query([statement('load/tune_transaction'), zone, also].join(';\n'));
}

/** Of our own machine we know how many there are: one is for each of the two connections. */
function leaveCores({ warehouse }: LoadContext): string {
  if (warehouse.kind !== 'embedded') return '';
  return statement('load/leave_cores', { workers: String(Math.max(0, availableParallelism() - 2)) });
}

interface Judged {
  counts: Counted;
  hold: Hold | undefined;
  warnings: LoadResult['warnings'];
}

/** Completes the counts and the version, and says whether it may be published; if so its histories are kept. */
async function judgeVersion(
  context: LoadContext,
  delivery: Delivery,
  of: {
    loadId: string;
    filled: Filled;
    invalid: InvalidRows;
    second: SecondConnection;
    rowsBefore: number | undefined;
    force: boolean;
  },
): Promise<Judged> {
  const { client, histories, audits } = context;
  const { feed, agency, businessDate } = delivery;
  const { loadId, filled, invalid, second, rowsBefore, force } = of;
  const count = async () => {
    const counts = { ...filled, rowsInvalid: await invalid.finish(client) };
    await recordCounts(context, loadId, counts);
    const hold = force ? undefined : judge(feed, counts, rowsBefore);
    if (hold) return { counts, hold, asked: [] };
    const asked = await askHistories(client, histories, feed, {
      counted: loadId,
      agency: agency.key,
      businessDate,
    });
    return { counts, hold, asked };
  };
  const [, counted] = await together(completeVersion(context, loadId, second), count());
  const audited = await runAudits(client, audits, feed);
  const hold = counted.hold ?? (force ? undefined : audited.hold);
  if (!hold) await keepAsked(client, counted.asked);
  return { counts: counted.counts, hold, warnings: [...filled.warnings, ...audited.warnings] };
}

function invalidRowsOf(
  { warehouse }: LoadContext,
  { feed, agency, fileName }: Delivery,
  loadId: string,
): InvalidRows {
  const table = agencyTable(feed, agency.key).name;
  return new InvalidRows(warehouse, { loadId, feed: feed.name, agency: agency.key, fileName, table });
}

async function keepHeld({ client }: LoadContext, { feed, agency }: Delivery, loadId: string): Promise<void> {
  await client.query(prepared('ledger/record_version', [loadId, feed.name, agency.key, 'held']));
}

function holdHint(loadId: string, rowsInvalid: number): string {
  const look = rowsInvalid > 0 ? `Look: tally invalid --load ${loadId}. ` : '';
  return `${look}Accept: tally load --accept-held ${loadId}`;
}

async function closeUnchanged(
  context: LoadContext,
  delivery: Delivery,
  loadId: string,
  decision: { same: CurrentLoad; message: string },
): Promise<LoadResult> {
  const { client } = context;
  const { feed, agency, businessDate } = delivery;
  if (feed.mode === 'replace') {
    await withNextVersion(client, decision.same.loadId, () =>
      keepHistory(client, context.histories, feed, {
        counted: decision.same.loadId,
        agency: agency.key,
        businessDate,
      }),
    );
  }
  const result: LoadResult = {
    ...resultOf(delivery),
    loadId,
    outcome: 'unchanged',
    code: 'unchanged',
    message: decision.message,
  };
  await closeLoad(context, result);
  return result;
}
