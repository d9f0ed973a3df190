import type { TallyError } from '../errors.js';
import type { LoadResult } from '../load/delivery.js';
import type { Verification } from '../load/verify/verification.js';
import type { WrittenReport } from '../report/report.js';
import type { BackfillSummary } from '../run/backfill/backfill.js';
import type { Cleaned } from '../run/clean/clean.js';
import type { RunSummary } from '../run/pass.js';
import type { RunOutcome } from '../run/session.js';
import type { WorkDone } from '../schedule/work.js';

/** What `--json` prints of loads, reports, runs and verifications; docs/json.md describes it. */

export function loadDocument(load: LoadResult): Record<string, unknown> {
  return {
    load_id: load.loadId === null ? null : Number(load.loadId),
    feed: load.feed,
    agency: load.agency,
    business_date: load.businessDate,
    file: load.file,
    sha256: load.sha256,
    rows_read: load.rowsRead,
    rows_loaded: load.rowsLoaded,
    rows_invalid: load.rowsInvalid,
    rows_repeated: load.rowsRepeated,
    outcome: load.outcome,
    live: load.live,
    seconds: load.seconds,
    code: load.code,
    message: load.message,
    hint: load.hint,
    warnings: load.warnings,
    reasons: load.reasons,
    drift: load.drift,
  };
}

export function reportDocument({ withoutLoad, ...report }: WrittenReport): Record<string, unknown> {
  return { ...report, without_load: withoutLoad };
}

export function runDocument(summary: RunSummary, outcome: RunOutcome): Record<string, unknown> {
  return {
    run_id: Number(summary.runId),
    outcome,
    loads: summary.loads.map(loadDocument),
    unmatched: summary.unmatched,
    not_tried: summary.notTried,
    waiting: summary.waiting,
    reports: summary.reports.map(reportDocument),
    messages: summary.messages,
    freshness: summary.freshness,
    errors: summary.errors.map(({ code, message, hint = null }) => ({ code, message, hint })),
  };
}

/** Of a job of the schedule. */
export function workDocument({ result, outcome, verified, cleaned }: WorkDone): Record<string, unknown> {
  return {
    ...runDocument(result, outcome),
    ...(verified ? { verifications: verified.verifications.map(verificationDocument) } : {}),
    ...(cleaned ? { cleaned: cleaned.map(cleanedDocument) } : {}),
  };
}

export function backfillDocument(summary: BackfillSummary): Record<string, unknown> {
  const { span, backfillId, resumes, replays, reports, errors } = summary;
  return {
    backfill_id: backfillId === null ? null : Number(backfillId),
    feed: span.feed,
    agency: span.agency ?? null,
    from: span.from,
    to: span.to,
    resumes,
    dates: replays.map((each) => ({
      date: each.date,
      agency: each.agency,
      file: each.file,
      rows_read: each.rowsRead,
      rows_loaded: each.rowsLoaded,
      rows_invalid: each.rowsInvalid,
      outcome: each.outcome,
      live: each.live,
      load_id: each.loadId === null ? null : Number(each.loadId),
      done_before: each.doneBefore,
      code: each.code,
      message: each.message,
      hint: each.hint,
    })),
    reports,
    errors: errors.map(({ code, message, hint = null }) => ({ code, message, hint })),
  };
}

export function cleanDocument({
  cleaned,
  errors,
}: {
  cleaned: Cleaned[];
  errors: TallyError[];
}): Record<string, unknown> {
  return {
    cleaned: cleaned.map(cleanedDocument),
    errors: errors.map(({ code, message, hint = null }) => ({ code, message, hint })),
  };
}

function cleanedDocument({ what, days, before, count, bytes, left }: Cleaned): Record<string, unknown> {
  return { what, days, older_than: before, count, bytes, left };
}

export function verificationDocument(each: Verification): Record<string, unknown> {
  return {
    load_id: Number(each.loadId),
    feed: each.feed,
    agency: each.agency,
    business_date: each.businessDate,
    file: each.file,
    outcome: each.outcome,
    row_for_row: each.rowForRow,
    sha256: each.sha256,
    rows_read: each.counted?.rowsRead ?? null,
    rows_loaded: each.counted?.rowsLoaded ?? null,
    rows_invalid: each.counted?.rowsInvalid ?? null,
    rows_repeated: each.counted?.rowsRepeated ?? null,
    file_digest: each.fileDigest,
    table_digest: each.tableDigest,
    difference_count: each.differenceCount,
    differences: each.differences,
    code: each.code,
    message: each.message,
    hint: each.hint,
    seconds: each.seconds,
  };
}
