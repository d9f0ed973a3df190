import { relative } from 'node:path';
import type { TallyError } from '../errors.js';
import type { LoadResult } from '../load/delivery.js';
import type { Carried } from '../messages/carry.js';
import type { WrittenReport } from '../report/report.js';
import type { RunSummary } from '../run/pass.js';
import { showFreshness } from './freshness.js';
import { table, type Terminal } from './terminal.js';
import { count, cutMiddle, percent, plural, printable, printableLines } from './text.js';

export interface SummaryWords {
  /** What to say when there was nothing to do. */
  nothing: string;
  /** Whether it is told which agencies are fresh and which are late; who loads one file by hand has not asked. */
  freshness: boolean;
}

/** A run as one can read it at a glance: its loads, why rows are invalid, what was written, what to do. */
export function showSummary(
  terminal: Terminal,
  summary: RunSummary,
  { nothing, freshness }: SummaryWords,
): void {
  const { say, alarm, colors } = terminal;
  const known = summary.loads.filter((load) => load.code === 'known');
  const loads = summary.loads.filter((load) => load.code !== 'known').sort(byFeedAgencyAndDate);
  showTable(terminal, loads);
  showMessages(terminal, loads);
  showReasons(terminal, loads);
  showDrift(terminal, loads);
  showWarnings(terminal, loads);
  if (known.length > 0) say(`Known already, not loaded again: ${names(known.map((load) => load.file))}`);
  if (summary.unmatched.length > 0) say(`No feed has such names, left alone: ${names(summary.unmatched)}`);
  for (const { file, message } of summary.waiting)
    say(colors.yellow(`Waits: ${printable(file)}: ${printable(message)}.`));
  showErrors(alarm, summary.errors, colors.red);
  if (summary.notTried.length > 0) {
    alarm(colors.yellow(`Not tried: ${names(summary.notTried)}`));
    alarm('  The next run goes on with them: tally run');
  }
  if (loads.length + summary.notTried.length + summary.waiting.length + summary.errors.length === 0)
    say(nothing);
  for (const report of summary.reports) showReport(terminal, report);
  for (const each of summary.messages)
    say(each.down === null ? carriedLine(each) : colors.yellow(carriedLine(each)));
  if (freshness) showFreshness(terminal, summary.freshness);
}

/** What became of the messages for a destination. */
export function carriedLine({ destination, sent, refused, parked, down, busy }: Carried): string {
  if (busy) return `Messages for ${destination}: another command is sending them.`;
  const parts = [
    `${count(sent)} sent`,
    ...(refused > 0 ? [`${count(refused)} refused, tried again later`] : []),
    ...(parked > 0 ? [`${count(parked)} parked (tally messages status)`] : []),
  ];
  const rest = down === null ? '' : ` ${printable(down)} The rest waits.`;
  return `Messages for ${destination}: ${parts.join(', ')}.${rest}`;
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

/** Files that no agency or feed could be told of have only a message. */
function showTable({ say, colors }: Terminal, loads: LoadResult[]): void {
  const rows = loads.filter((load) => load.agency !== null).map((load) => loadRow(load, colors));
  if (rows.length === 0) return;
  say(table(COLUMNS, rows));
  say();
}

function loadRow(load: LoadResult, colors: Terminal['colors']): string[] {
  const color = {
    loaded: colors.green,
    unchanged: colors.green,
    held: colors.yellow,
    failed: colors.red,
    skipped: colors.dim,
  };
  const outcome = load.outcome === 'skipped' ? `skipped (${load.code?.replace('_', ' ')})` : load.outcome;
  const ran = load.outcome === 'loaded' || load.outcome === 'held';
  return [
    load.feed ?? '',
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

function showMessages(terminal: Terminal, loads: LoadResult[]): void {
  const told = loads.filter((load) => load.message !== null).sort(byUrgency);
  for (const load of told) showMessage(terminal, load);
  if (told.length > 0) terminal.say();
}

function showMessage({ say, alarm, colors }: Terminal, load: LoadResult): void {
  const color = load.outcome === 'failed' ? colors.red : load.outcome === 'held' ? colors.yellow : colors.dim;
  const tell = load.outcome === 'failed' || load.outcome === 'held' ? alarm : say;
  const by = load.loadId ? `, load ${load.loadId}` : '';
  tell(color(printable(`${load.file} (${load.outcome}${by}): ${load.message}`)));
  if (load.hint) tell(`  ${printable(load.hint)}`);
}

const MOST_REASONS = 3;

interface FrequentReason {
  count: number;
  files: number;
  example: string;
}

function showReasons({ say }: Terminal, loads: LoadResult[]): void {
  const reasons = frequentReasons(loads);
  if (reasons.length === 0) return;
  say('Most frequent reasons:');
  for (const { count: times, files, example } of reasons.slice(0, MOST_REASONS)) {
    say(`  ${count(times)} x ${example}${files > 1 ? ` and ${plural(files - 1, 'other file')}` : ''}`);
  }
  const rest = reasons.length - MOST_REASONS;
  const withInvalid = loads.filter((load) => load.rowsInvalid > 0);
  const look = withInvalid.length === 1 ? `tally invalid --load ${withInvalid[0]!.loadId}` : 'tally invalid';
  say(`  ${rest > 0 ? `and ${plural(rest, 'other')}; ` : ''}all of them: ${look}`);
  say();
}

/** The same reason in several files is one, with the example of the file that has the most of it. */
function frequentReasons(loads: LoadResult[]): FrequentReason[] {
  const found = new Map<string, FrequentReason>();
  const all = loads.flatMap((load) => load.reasons.map((reason) => ({ ...reason, load })));
  for (const { column, rule, message, count: times, first_line: line, load } of all.sort(
    (a, b) => b.count - a.count,
  )) {
    const key = JSON.stringify([load.feed, column, rule]);
    const known = found.get(key);
    if (known) {
      known.count += times;
      known.files++;
    } else {
      const example = `${column ? `${column}: ` : ''}${printable(message)}  (${cutMiddle(load.file, 60)}, line ${line})`;
      found.set(key, { count: times, files: 1, example });
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

function showDrift({ say }: Terminal, loads: LoadResult[]): void {
  for (const { file, drift } of loads) {
    if (drift.extra.length > 0)
      say(`${printable(file)} has columns that its feed does not know, left out: ${names(drift.extra)}`);
  }
}

function showWarnings({ say, colors }: Terminal, loads: LoadResult[]): void {
  for (const { file, warnings } of loads) {
    for (const { column, rule, count: times, first_line: line } of warnings) {
      const where = line === null ? '' : `, first on line ${line}`;
      say(
        colors.yellow(
          `Warning: ${printable(file)}: ${column ? `${column}, ` : ''}${rule}: ${plural(times, 'row')}${where}`,
        ),
      );
    }
  }
}

export function showErrors(
  tell: (line: string) => void,
  errors: TallyError[],
  color = (text: string) => text,
): void {
  for (const { code, message, hint } of errors) {
    tell(color(printableLines(`Error (${code}): ${message}`)));
    if (hint) tell(`  ${printable(hint)}`);
  }
}

export function showReport({ say }: Terminal, report: WrittenReport): void {
  const path = relative(process.cwd(), report.file);
  const file = path.startsWith('..') ? report.file : path;
  say(`${report.same ? 'Up to date' : 'Written'}: ${file} (${plural(report.rows, 'row')})`);
}

function names(list: string[]): string {
  const shown = list
    .slice(0, 5)
    .map((name) => cutMiddle(name, 60))
    .join(', ');
  return list.length > 5 ? `${shown} and ${list.length - 5} more` : shown;
}

function byFeedAgencyAndDate(a: LoadResult, b: LoadResult): number {
  const key = ({ feed, agency, businessDate, file }: LoadResult) =>
    [feed ?? '', agency ?? '', businessDate ?? '', file].join('\0');
  return key(a) < key(b) ? -1 : 1;
}

const URGENCY = ['failed', 'held', 'skipped', 'unchanged', 'loaded'];

function byUrgency(a: LoadResult, b: LoadResult): number {
  return URGENCY.indexOf(a.outcome) - URGENCY.indexOf(b.outcome);
}
