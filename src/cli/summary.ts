import { relative } from 'node:path';
import type { LoadResult } from '../load/delivery.js';
import type { RunSummary } from '../run/run.js';
import { count, percent, plural, table, type Terminal } from './terminal.js';

/** A run as one can read it at a glance: its loads, why rows are invalid, what was written. */
export function showSummary(terminal: Terminal, summary: RunSummary): void {
  const { say, colors } = terminal;
  const quietly = summary.loads.filter((load) => load.code === 'known');
  const loads = summary.loads.filter((load) => load.code !== 'known');
  if (loads.length > 0) {
    say(table(COLUMNS, loads.map((load) => loadRow(load, colors))));
    say();
  }
  for (const load of loads) if (load.message) showMessage(terminal, load);
  showReasons(terminal, loads);
  showDrift(terminal, loads);
  showWarnings(terminal, loads);
  if (quietly.length > 0) {
    say(`${plural(quietly.length, 'file')} with known content: ${names(quietly.map((load) => load.file))}`);
  }
  if (summary.unmatched.length > 0) {
    say(`${plural(summary.unmatched.length, 'file')} that no feed has a name for, left alone: ${names(summary.unmatched)}`);
  }
  if (summary.notTried.length > 0) {
    say(colors.yellow(`Not tried: ${names(summary.notTried)}`));
  }
  if (loads.length === 0 && summary.notTried.length === 0) say('Nothing new in the inbox.');
  showReports(terminal, summary);
}

const COLUMNS = [
  { title: 'feed' },
  { title: 'agency' },
  { title: 'date' },
  { title: 'rows', right: true },
  { title: 'loaded', right: true },
  { title: 'invalid', right: true },
  { title: '%', right: true },
  { title: 'rows/s', right: true },
  { title: 'outcome' },
];

function loadRow(load: LoadResult, colors: Terminal['colors']): string[] {
  const color = { loaded: colors.green, unchanged: colors.green, held: colors.yellow, failed: colors.red, skipped: colors.dim };
  const outcome = load.outcome === 'skipped' ? `skipped (${load.code?.replace('_', ' ')})` : load.outcome;
  const ran = load.outcome === 'loaded' || load.outcome === 'held';
  return [
    load.feed ?? load.file,
    load.agency ?? '',
    load.businessDate ?? '',
    ran ? count(load.rowsRead) : '',
    ran ? count(load.rowsLoaded) : '',
    ran ? count(load.rowsInvalid) : '',
    ran ? percent(load.rowsInvalid, load.rowsRead) : '',
    ran && load.seconds > 0 ? count(Math.round(load.rowsRead / load.seconds)) : '',
    color[load.outcome](outcome),
  ];
}

function showMessage({ say, colors }: Terminal, load: LoadResult): void {
  const color = load.outcome === 'failed' ? colors.red : load.outcome === 'held' ? colors.yellow : colors.dim;
  const by = load.loadId ? `, load ${load.loadId}` : '';
  say(color(`${load.file} (${load.outcome}${by}): ${load.message}`));
  if (load.hint) say(`  ${load.hint}`);
}

const MOST_REASONS = 3;

function showReasons({ say }: Terminal, loads: LoadResult[]): void {
  const all = loads.flatMap((load) => load.reasons.map((reason) => ({ ...reason, load })));
  if (all.length === 0) return;
  all.sort((a, b) => b.count - a.count);
  say('Most frequent reasons:');
  for (const { column, count: times, first_line: line, message, load } of all.slice(0, MOST_REASONS)) {
    say(`  ${count(times)} x ${column ? `${column}: ` : ''}${message}  (${load.file}, line ${line})`);
  }
  const rest = all.length - MOST_REASONS;
  const invalid = loads.filter((load) => load.rowsInvalid > 0);
  const look = invalid.length === 1 ? `tally invalid --load ${invalid[0]!.loadId}` : 'tally invalid';
  say(`  ${rest > 0 ? `and ${plural(rest, 'other')}; ` : ''}all of them: ${look}`);
  say();
}

function showDrift({ say }: Terminal, loads: LoadResult[]): void {
  for (const { file, drift } of loads) {
    if (drift.extra.length > 0) say(`${file} has columns that its feed does not know, left out: ${names(drift.extra)}`);
  }
}

function showWarnings({ say, colors }: Terminal, loads: LoadResult[]): void {
  for (const { file, warnings } of loads) {
    for (const { column, rule, count: times, first_line: line } of warnings) {
      const where = line === null ? '' : `, first on line ${line}`;
      say(colors.yellow(`Warning: ${file}: ${column ? `${column}, ` : ''}${rule}: ${plural(times, 'row')}${where}`));
    }
  }
}

function showReports({ say, colors }: Terminal, summary: RunSummary): void {
  for (const report of summary.reports) {
    const path = relative(process.cwd(), report.file);
    const file = path.startsWith('..') ? report.file : path;
    say(`${report.same ? 'Up to date' : 'Written'}: ${file} (${plural(report.rows, 'row')})`);
  }
  const latest = summary.reports.at(-1);
  for (const { agency, business_date: last, expected } of latest?.late ?? []) {
    say(colors.yellow(`Late: ${agency}: ${last ? `its data is of ${last}` : 'nothing yet'}, expected ${expected}`));
  }
}

function names(list: string[]): string {
  return list.length > 5 ? `${list.slice(0, 5).join(', ')} and ${list.length - 5} more` : list.join(', ');
}

/** The documented shape of `tally load --json` and of the loads in `tally run --json`. */
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

export function runDocument(summary: RunSummary, outcome: string): Record<string, unknown> {
  return {
    run_id: Number(summary.runId),
    outcome,
    loads: summary.loads.map(loadDocument),
    unmatched: summary.unmatched,
    not_tried: summary.notTried,
    reports: summary.reports.map(({ withoutLoad, ...report }) => ({ ...report, without_load: withoutLoad })),
  };
}

export const EXIT = { done: 0, failed: 1, interrupted: 1, held: 3 } as const;
