import type { Day } from '../../clock.js';
import { TallyError } from '../../errors.js';
import { findAgency, type Agencies, type Agency } from '../../feeds/agencies.js';
import type { Feed } from '../../feeds/feed.js';
import { recordReplayFailure, type Replayable } from '../../ledger/backfills.js';
import type { LoadContext, LoadResult } from '../../load/delivery.js';
import { loadDelivery } from '../../load/load.js';
import { asFailure, resultOf } from '../../load/result.js';
import type { VerifyContext } from '../../load/verify/context.js';
import { findFile, type TakenDelivery } from '../../load/verify/file.js';
import { isLost } from '../reports.js';
import type { Session } from '../session.js';

/** What becomes of a business date of an agency. */
export interface Replay {
  date: Day;
  agency: string | null;
  file: string | null;
  outcome: 'loaded' | 'held' | 'failed' | 'no_delivery' | 'cleaned' | 'to_replay' | 'not_tried';
  /** Whether readers see these rows; else they gave their history and report. */
  live: boolean;
  loadId: string | null;
  /** Of a delivery that is yet to be replayed: as it was loaded last. */
  rowsRead: number | null;
  rowsLoaded: number | null;
  rowsInvalid: number | null;
  /** Whether it was done before the backfill was interrupted. */
  doneBefore: boolean;
  code: string | null;
  message: string | null;
  hint: string | null;
}

export function emptyReplay(date: Day, agency: string | null): Replay {
  return {
    date,
    agency,
    file: null,
    outcome: 'no_delivery',
    live: false,
    loadId: null,
    rowsRead: null,
    rowsLoaded: null,
    rowsInvalid: null,
    doneBefore: false,
    code: null,
    message: null,
    hint: null,
  };
}

/** Loads an archived delivery again, as if it had just come: the rules and histories are those of today. */
export async function replayDelivery(
  context: LoadContext & Session,
  { feed, backfillId }: { feed: Feed; backfillId: string },
  found: Replayable,
): Promise<LoadResult> {
  const { client, clock, runId, signal } = context;
  try {
    const { release, ...delivery } = await archivedDelivery(context, feed, found);
    const rowsLoaded = found.rows_loaded === null ? undefined : Number(found.rows_loaded);
    try {
      return await loadDelivery(context, delivery, {
        again: true,
        // A load that someone has accepted is not to be accepted once more.
        force: found.was_accepted,
        replay: { backfillId, rowsLoaded },
      });
    } finally {
      await release();
    }
  } catch (error) {
    const failure = asFailure(error);
    const where = { runId, backfillId, feed: feed.name, now: clock.now() };
    const loadId =
      signal.aborted || isLost(failure) ? null : await recordReplayFailure(client, where, found, failure);
    const { code, message, hint = null } = failure;
    return { ...failedResult(feed, found), loadId, code, message, hint };
  }
}

function failedResult(feed: Feed, found: Replayable): LoadResult {
  const { agency: key, business_date: businessDate, file_name: fileName, sha256 } = found;
  return resultOf({ feed, agency: { key }, businessDate, fileName, sha256 });
}

export function replayOf(replay: Replay, result: LoadResult): Replay {
  const { outcome, live, loadId, rowsRead, rowsLoaded, rowsInvalid, code, message, hint } = result;
  const ran = outcome === 'loaded' || outcome === 'held';
  const rows = ran
    ? { rowsRead, rowsLoaded, rowsInvalid }
    : { rowsRead: null, rowsLoaded: null, rowsInvalid: null };
  return { ...replay, ...rows, outcome: ran ? outcome : 'failed', live, loadId, code, message, hint };
}

/** The file as it was delivered, or a clear word why it cannot be had. */
export async function archivedDelivery(
  context: Pick<Session, 'agencies'> & Pick<VerifyContext, 'config' | 'copies' | 'signal'>,
  feed: Feed,
  found: Replayable,
): Promise<TakenDelivery> {
  const { business_date: businessDate, file_name: fileName, sha256 } = found;
  const where = { archivedAs: found.archived_as, archivedPacked: found.archived_packed, fileName, sha256 };
  const hint = 'Put the file back as it was delivered.';
  const file = await findFile(context, where, undefined).catch((error: unknown) => {
    const { code, message } = asFailure(error);
    throw new TallyError(code, message, { hint, cause: error });
  });
  if (file.sha256 !== sha256) {
    await file.release();
    throw new TallyError(
      'archive_differs',
      `${found.archived_as ?? fileName} is not what was delivered: its sha256 is ${file.sha256}; that of the delivery was ${sha256}.`,
      { hint },
    );
  }
  const agency = agencyOf(context.agencies, found);
  // What came with it was held against it when it came.
  return { feed, agency, businessDate, fileName, control: undefined, ...file };
}

/** One that is not declared any more keeps what the ledger knows of it. */
function agencyOf(
  agencies: Agencies,
  { agency, agency_name: name, time_zone: timeZone }: Replayable,
): Agency {
  return (
    findAgency(agencies, agency) ?? {
      key: agency,
      name: name ?? agency,
      timeZone: timeZone ?? undefined,
      aliases: [],
      files: {},
    }
  );
}
