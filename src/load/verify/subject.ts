import type { Day } from '../../clock.js';
import { TallyError } from '../../errors.js';
import type { Feed } from '../../feeds/feed.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import type { Outcome } from '../delivery.js';

/** A load that is to be verified, as the ledger knows it. */
export interface Subject {
  loadId: string;
  feedName: string;
  /** As it was when the load was made; undefined where that was before declarations were kept. */
  feed: Feed | undefined;
  agency: string | null;
  businessDate: Day | null;
  fileName: string;
  outcome: Outcome | null;
  timeZone: string | null;
  rowsRead: number;
  rowsLoaded: number;
  rowsInvalid: number;
  rowsRepeated: number;
  sha256: string | null;
  size: number;
  archivedAs: string | null;
  archivedPacked: boolean;
  /** When its file was cleaned from the archive, and when its invalid rows were. */
  archiveCleanedAt: Date | null;
  invalidCleanedAt: Date | null;
  versionState: 'live' | 'previous' | 'held' | 'retired' | null;
  /** Whether it is the last one that its table has rows of. */
  isLast: boolean;
}

interface SubjectRow {
  load_id: string;
  feed: string;
  agency: string | null;
  business_date: Day | null;
  file_name: string;
  outcome: Outcome | null;
  time_zone: string | null;
  rows_read: string;
  rows_loaded: string;
  rows_invalid: string;
  rows_repeated: string;
  sha256: string | null;
  size_bytes: string | null;
  archived_as: string | null;
  archived_packed: boolean;
  archive_cleaned_at: Date | null;
  invalid_cleaned_at: Date | null;
  version_state: Subject['versionState'];
  definition: Omit<Feed, 'patterns' | 'ready'> | null;
  is_last: boolean;
}

/** The loads whose rows readers see, and how many more there are whose files were cleaned from the archive. */
export async function listSubjects(
  client: Client,
  only: { feed?: string | undefined; agency?: string | undefined },
): Promise<{ loads: string[]; cleaned: number }> {
  const values = [only.feed, only.agency];
  const { rows } = await client.query<{ load_id: string; is_cleaned: boolean }>(
    statement('verify/list_loads'),
    values,
  );
  const loads = rows.filter((row) => !row.is_cleaned).map((row) => row.load_id);
  return { loads, cleaned: rows.length - loads.length };
}

export async function findSubject(client: Client, loadId: string): Promise<Subject> {
  const { rows } = await client.query<SubjectRow>(statement('verify/find_load'), [loadId]);
  const [row] = rows;
  if (!row)
    throw new TallyError('unknown_load', `There is no load ${loadId}.`, { hint: 'tally loads shows them.' });
  return {
    loadId: row.load_id,
    feedName: row.feed,
    // What the ledger keeps is the feed as it was used, but for how its files are found.
    feed: row.definition ? { ...row.definition, patterns: [], ready: 'stable' } : undefined,
    agency: row.agency,
    businessDate: row.business_date,
    fileName: row.file_name,
    outcome: row.outcome,
    timeZone: row.time_zone,
    rowsRead: Number(row.rows_read),
    rowsLoaded: Number(row.rows_loaded),
    rowsInvalid: Number(row.rows_invalid),
    rowsRepeated: Number(row.rows_repeated),
    sha256: row.sha256,
    size: Number(row.size_bytes),
    archivedAs: row.archived_as,
    archivedPacked: row.archived_packed,
    archiveCleanedAt: row.archive_cleaned_at,
    invalidCleanedAt: row.invalid_cleaned_at,
    versionState: row.version_state,
    isLast: row.is_last,
  };
}
