import type { Day } from '../../clock.js';
import { TallyError } from '../../errors.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';

/** A load whose rows are compared with those of another. */
export interface DiffSubject {
  loadId: string;
  feed: string;
  agency: string;
  businessDate: Day;
  key: string[] | undefined;
}

interface SubjectRow {
  load_id: string;
  feed: string;
  agency: string;
  business_date: Day;
  mode: string;
  state: string | null;
  key: string[] | null;
}

interface Kept {
  load_id: string;
  state: 'held' | 'live' | 'previous';
}

/** The two loads of a comparison: the one that was named, and the other one or the version before it. */
export async function findPair(
  client: Client,
  loadId: string,
  against: string | undefined,
  keepVersions: number,
): Promise<{ after: DiffSubject; before: DiffSubject }> {
  const after = await find(client, loadId);
  const { rows: kept } = await client.query<Kept>(statement('diff/list_kept'), [after.feed, after.agency]);
  requireKept(after, kept, keepVersions);
  const before = await find(client, against ?? loadBefore(after, kept, keepVersions));
  if (before.feed !== after.feed || before.agency !== after.agency)
    throw notComparable(
      `Load ${before.load_id} is of ${before.feed} for ${before.agency}, and load ${after.load_id} of ${after.feed} for ${after.agency}.`,
      'Loads of one feed and agency can be compared.',
    );
  requireKept(before, kept, keepVersions);
  return { after: subjectOf(after), before: subjectOf(before) };
}

async function find(client: Client, loadId: string): Promise<SubjectRow> {
  const { rows } = await client.query<SubjectRow>(statement('diff/find_load'), [loadId]);
  const [row] = rows;
  if (!row)
    throw new TallyError('unknown_load', `There is no load ${loadId}.`, { hint: 'tally loads shows them.' });
  if (row.mode !== 'replace')
    throw notComparable(
      `${row.feed} has the mode ${row.mode}: its loads add to one table, and none has a version of its own.`,
      'Only loads of feeds with the mode replace can be compared.',
    );
  return row;
}

function requireKept(
  { load_id: loadId, feed, agency }: SubjectRow,
  kept: Kept[],
  keepVersions: number,
): void {
  if (kept.some((each) => each.load_id === loadId)) return;
  throw notComparable(
    `The rows of load ${loadId} are not kept. Of ${feed} for ${agency} there ${keptText(kept)}.`,
    howManyAreKept(keepVersions),
  );
}

/** What is held is compared with what is live; every other version with the one whose place it took. */
function loadBefore(after: SubjectRow, kept: Kept[], keepVersions: number): string {
  const published = kept.filter(({ state }) => state !== 'held');
  const place = published.findIndex((each) => each.load_id === after.load_id);
  const before = published[place + 1];
  if (before) return before.load_id;
  throw notComparable(
    `No version before that of load ${after.load_id} is kept. Of ${after.feed} for ${after.agency} there ${keptText(kept)}.`,
    howManyAreKept(keepVersions),
  );
}

function keptText(kept: Kept[]): string {
  const all = kept.map(({ load_id: loadId, state }) => `load ${loadId} (${state})`).join(', ');
  return kept.length === 0 ? 'is no version' : `${kept.length === 1 ? 'is' : 'are'} ${all}`;
}

function howManyAreKept(keepVersions: number): string {
  return `TALLY_KEEP_VERSIONS says how many versions before the live one are kept (${keepVersions}).`;
}

function notComparable(message: string, hint: string): TallyError {
  return new TallyError('not_comparable', message, { hint });
}

function subjectOf({
  load_id: loadId,
  feed,
  agency,
  business_date: businessDate,
  key,
}: SubjectRow): DiffSubject {
  return { loadId, feed, agency, businessDate, key: key ?? undefined };
}
