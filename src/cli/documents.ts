import type { LoadResult } from '../load/delivery.js';
import type { WrittenReport } from '../report/report.js';
import type { RunSummary } from '../run/pass.js';
import type { RunOutcome } from '../run/session.js';

/** What `--json` prints of loads, reports and runs; docs/json.md describes it. */

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
    reports: summary.reports.map(reportDocument),
    errors: summary.errors.map(({ code, message, hint = null }) => ({ code, message, hint })),
  };
}
