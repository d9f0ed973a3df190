import { createHash } from 'node:crypto';
import { addDays, dayOf, type Day } from '../../clock.js';
import { TallyError } from '../../errors.js';
import { agencyKey, findAgency, unknownAgency, type Agencies } from '../../feeds/agencies.js';
import type { Feed } from '../../feeds/feed.js';
import type { Replayable, Replayed, Span } from '../../ledger/backfills.js';
import { readHistories } from '../../load/history.js';
import type { SqlFile } from '../../warehouse/views.js';
import { emptyReplay, type Replay } from './replay.js';

/** So many days are ten years; who asks for more has mistyped one of them. */
const MOST_DAYS = 3660;

export interface BackfillAsked {
  feed: string;
  agency?: string | undefined;
  from: Day;
  to: Day;
}

/** One line of what is asked for: a delivery that is to be replayed, or what there is to say instead. */
export interface Step {
  replay: Replay;
  /** undefined: there is nothing to be done. */
  delivery: Replayable | undefined;
}

export interface DayOfSteps {
  day: Day;
  steps: Step[];
}

export function spanOf(feed: Feed, agencies: Agencies, asked: BackfillAsked): Span {
  const { agency, from, to } = asked;
  if (from > to) throw new TallyError('usage', `expected --from before --to, got ${from} and ${to}`);
  if (addDays(from, MOST_DAYS) <= to)
    throw new TallyError('usage', `expected ${MOST_DAYS} days at most, got ${from} to ${to}`);
  // One that is not declared any more may have delivered all the same.
  const key = agency === undefined ? undefined : (findAgency(agencies, agency)?.key ?? agencyKey(agency));
  return { feed: feed.name, agency: key, from, to };
}

/** An agency that is neither declared nor has delivered was mistyped. */
export function refuseUnknownAgency(agencies: Agencies, { agency }: Span, found: Replayable[]): void {
  if (agency !== undefined && found.length === 0 && !findAgency(agencies, agency))
    throw unknownAgency(agencies, agency);
}

/** With other rules than those it began with a backfill does not go on: part of it would be by the old ones. */
export function rulesSha256(feed: Feed, histories: SqlFile[]): string {
  const { patterns: _, title: _title, cadence: _cadence, ...rules } = feed;
  const own = readHistories(histories).filter((history) => history.feed === feed.name);
  const text = JSON.stringify([rules, own.map(({ name, text }) => [name, text])]);
  return createHash('sha256').update(text).digest('hex');
}

/** Day by day and agency by agency: what is to be replayed, what is done, and where there is nothing. */
export function layOut(
  span: Span,
  found: Replayable[],
  done: Map<string, Replayed>,
  timeZone: string,
): DayOfSteps[] {
  const agencies =
    span.agency === undefined ? [...new Set(found.map((each) => each.agency))].sort() : [span.agency];
  const rows = new Map(found.map((row) => [`${row.business_date} ${row.agency}`, row]));
  const days: DayOfSteps[] = [];
  for (let day = span.from; day <= span.to; day = addDays(day, 1)) {
    const steps = agencies.map((agency) => {
      const row = rows.get(`${day} ${agency}`);
      return row ? stepOf(row, done, timeZone) : { replay: emptyReplay(day, agency), delivery: undefined };
    });
    // Nobody delivered: one line says so.
    const isEmpty = steps.every(({ replay }) => replay.file === null);
    days.push({
      day,
      steps: isEmpty ? [{ replay: emptyReplay(day, span.agency ?? null), delivery: undefined }] : steps,
    });
  }
  return days;
}

function stepOf(row: Replayable, done: Map<string, Replayed>, timeZone: string): Step {
  const replay: Replay = { ...emptyReplay(row.business_date, row.agency), file: row.file_name };
  if (row.is_rolled_back || (row.outcome !== 'loaded' && row.outcome !== 'unchanged')) {
    const what = row.is_rolled_back ? 'was rolled back' : row.outcome === 'held' ? 'is held' : 'failed';
    const message = `it came, but its load ${row.load_id} ${what}, so there is nothing to replay`;
    return { replay: { ...replay, message }, delivery: undefined };
  }
  const before = done.get(row.delivery_id);
  if (before) return { replay: doneBefore(replay, before), delivery: undefined };
  if (row.archive_cleaned_at !== null) {
    const day = dayOf(row.archive_cleaned_at, timeZone);
    const message = `its file was cleaned from the archive on ${day} (TALLY_KEEP_ARCHIVE_DAYS), so history and report stay as they are`;
    return { replay: { ...replay, outcome: 'cleaned', message }, delivery: undefined };
  }
  return {
    replay: {
      ...replay,
      outcome: 'to_replay',
      rowsRead: numberOrNull(row.rows_read),
      rowsLoaded: numberOrNull(row.rows_loaded),
      rowsInvalid: numberOrNull(row.rows_invalid),
    },
    delivery: row,
  };
}

function doneBefore(replay: Replay, before: Replayed): Replay {
  return {
    ...replay,
    outcome: before.outcome,
    live: before.live,
    loadId: before.load_id,
    rowsRead: Number(before.rows_read),
    rowsLoaded: Number(before.rows_loaded),
    rowsInvalid: Number(before.rows_invalid),
    doneBefore: true,
    code: before.code,
    message: before.message,
  };
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
