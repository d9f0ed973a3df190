import type { Day } from '../../clock.js';
import { TallyError } from '../../errors.js';
import type { Feed } from '../../feeds/feed.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import type { Fields } from '../fill.js';

/** A load whose invalid rows are to be corrected, as the ledger knows it. */
export interface MendSubject {
  loadId: string;
  feedName: string;
  /** As it was when the load was made, for its raw rows; undefined where that was not kept. */
  feed: Feed | undefined;
  fields: Fields | undefined;
  agency: string;
  businessDate: Day;
  outcome: string | null;
  isLive: boolean;
  isRolledBack: boolean;
  timeZone: string | null;
  rowsInvalid: number;
  rowsFixed: number;
  rowsDismissed: number;
  versionState: string | null;
  /** The load whose version readers see. */
  liveLoad: string | null;
}

interface SubjectRow {
  load_id: string;
  feed: string;
  definition: Omit<Feed, 'patterns' | 'ready'> | null;
  fields: Fields | null;
  agency: string;
  business_date: Day;
  outcome: string | null;
  live: boolean;
  is_rolled_back: boolean;
  time_zone: string | null;
  rows_invalid: string;
  rows_fixed: string;
  rows_dismissed: string;
  invalid_cleaned_at: Date | null;
  version_state: string | null;
  live_load: string | null;
}

/** Finds a load that has set rows aside, or may have. */
export async function findMendSubject(client: Client, loadId: string): Promise<MendSubject> {
  const { rows } = await client.query<SubjectRow>(statement('mend/find_load'), [loadId]);
  const [row] = rows;
  if (!row)
    throw new TallyError('unknown_load', `There is no load ${loadId}.`, { hint: 'tally loads shows them.' });
  if (row.outcome !== 'loaded' && row.outcome !== 'held')
    throw notCorrectable(`Load ${loadId} is ${row.outcome ?? 'still going on'}, so it has no invalid rows.`);
  if (row.invalid_cleaned_at)
    throw notCorrectable(
      `The invalid rows of load ${loadId} were cleaned on ${row.invalid_cleaned_at.toISOString().slice(0, 10)} UTC (TALLY_KEEP_INVALID_DAYS).`,
    );
  return {
    loadId: row.load_id,
    feedName: row.feed,
    // What the ledger keeps is the feed as it was used, but for the patterns of file names.
    feed: row.definition ? { ...row.definition, patterns: [], ready: 'stable' } : undefined,
    fields: row.fields ?? undefined,
    agency: row.agency,
    businessDate: row.business_date,
    outcome: row.outcome,
    isLive: row.live,
    isRolledBack: row.is_rolled_back,
    timeZone: row.time_zone,
    rowsInvalid: Number(row.rows_invalid),
    rowsFixed: Number(row.rows_fixed),
    rowsDismissed: Number(row.rows_dismissed),
    versionState: row.version_state,
    liveLoad: row.live_load,
  };
}

/** Rows can be fixed as long as the others of their file are what readers see, or wait to be accepted. */
export function requireCorrectable(subject: MendSubject, { mode }: Feed): void {
  const { loadId, outcome, versionState, liveLoad } = subject;
  if (outcome === 'held') {
    if (versionState === 'held') return;
    throw notCorrectable(`Load ${loadId} was held, and a later load has overtaken it.`);
  }
  if (mode !== 'replace' || versionState === 'live') return;
  if (subject.isRolledBack) throw notCorrectable(`Load ${loadId} was rolled back.`);
  if (!subject.isLive)
    throw notCorrectable(
      `Load ${loadId} is of ${subject.businessDate}, a past business date: it gave its history, and its rows are in no table.`,
    );
  throw notCorrectable(
    `Load ${loadId} is superseded: readers see ${liveLoad === null ? 'no load' : `load ${liveLoad}`} of ${subject.feedName} for ${subject.agency}.`,
  );
}

function notCorrectable(message: string): TallyError {
  return new TallyError('not_correctable', `${message} Nothing was changed.`, {
    hint: 'Only rows of a load that readers see, or that is held, can be fixed: tally loads shows which those are.',
  });
}
