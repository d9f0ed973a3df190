import { ERROR_CODES, FINAL_CODES, type ErrorCode } from '../errors.js';
import type { Alarm } from './alarm.js';

/** What becomes an alarm, and in which words: pure functions of what the ledger says. */

/** A load that has ended, as the ledger has it, and the load before of the same agency and feed. */
export interface EndedLoad {
  load_id: string;
  run_id: string;
  feed: string;
  agency: string | null;
  business_date: string | null;
  file_name: string;
  outcome: string;
  code: string | null;
  message: string | null;
  rows_read: string;
  rows_loaded: string;
  rows_invalid: string;
  before_load_id: string | null;
  before_rows_read: string | null;
  before_rows_invalid: string | null;
}

export interface EndedRun {
  run_id: string;
  command: string;
  outcome: string;
  errors: { code: string; message: string; hint: string | null }[];
  /** Of which job it was an attempt. */
  job: string | null;
  /** Whether it was the last attempt of a slot that failed. */
  has_failed_slot: boolean;
  has_failed_loads: boolean;
}

/** How it stands with an agency's data of a feed. */
export interface AgencyState {
  feed: string;
  agency: string;
  state: string;
  fresh_date: string | null;
  expected_date: string | null;
  rows_loaded: number | null;
  rows_invalid: number | null;
}

/** Trouble of which it was not told yet that it is over. */
export interface OpenAlarm {
  alarm_id: string;
  kind: string;
  feed: string | null;
  agency: string | null;
  business_date: string | null;
  code: string | null;
  file_name: string | null;
  job: string | null;
}

export function noticeLoad(load: EndedLoad, invalidShareRise: number): Alarm | undefined {
  if (load.outcome === 'held') return heldLoad(load);
  // Someone stopped it; that is no news to whoever did.
  if (load.outcome === 'failed') return load.code === 'interrupted' ? undefined : failedLoad(load);
  return load.outcome === 'loaded' ? risenShare(load, invalidShareRise) : undefined;
}

function failedLoad(load: EndedLoad): Alarm {
  const stays = FINAL_CODES.includes(load.code as ErrorCode)
    ? ' The file is not tried again until it changes.'
    : '';
  return {
    ...aboutLoad(load, 'failed'),
    what: `${whose(load)} failed: ${sentence(load.message ?? load.code ?? 'for no known reason')}${stays} (${load.file_name})`,
    numbers: {},
    next_command: load.code === 'unknown_agency' ? 'tally agencies add "NAME"' : 'tally run',
  };
}

function heldLoad(load: EndedLoad): Alarm {
  const accept = `tally load --accept-held ${load.load_id}`;
  const why = (load.message ?? '').replace(`${load.agency}: `, '');
  const withInvalid = Number(load.rows_invalid) > 0;
  return {
    ...aboutLoad(load, 'held'),
    what: `${whose(load)} is held: ${sentence(why)}${withInvalid ? ` To publish it all the same: ${accept}` : ''}`,
    numbers: rowsOf(load),
    next_command: withInvalid ? `tally invalid --load ${load.load_id}` : accept,
  };
}

function risenShare(load: EndedLoad, rise: number): Alarm | undefined {
  if (load.before_load_id === null) return undefined;
  const now = percent(load.rows_invalid, load.rows_read);
  const before = percent(load.before_rows_invalid, load.before_rows_read);
  if (now - before <= rise) return undefined;
  return {
    ...aboutLoad(load, 'invalid_share'),
    what: `${whose(load)} was loaded, and its invalid share rose from ${before.toFixed(2)} % (load ${load.before_load_id}) to ${now.toFixed(2)} %, by more than ${rise} points.`,
    numbers: { ...rowsOf(load), invalid_percent_before: before.toFixed(2), load_before: load.before_load_id },
    next_command: `tally invalid --load ${load.load_id}`,
  };
}

/** A run that failed beside its loads; what those say, or its slot, need not be said twice. */
export function noticeRun(run: EndedRun): Alarm | undefined {
  if (run.outcome !== 'failed' && run.outcome !== 'crashed') return undefined;
  if (run.has_failed_slot || (run.errors.length === 0 && run.has_failed_loads)) return undefined;
  // Whoever mistook the command line has been told.
  if (run.errors.length > 0 && run.errors.every(({ code }) => USAGE_CODES.includes(code))) return undefined;
  const texts = run.errors.map(({ message }) => sentence(message));
  return {
    ...nothingKnown,
    key: `run ${run.run_id} ${run.outcome}`,
    kind: 'failed',
    run_id: run.run_id,
    code: run.errors[0]?.code ?? run.outcome,
    file_name: run.command,
    job: run.job,
    what:
      run.outcome === 'crashed'
        ? `tally ${run.command} (run ${run.run_id}) died before its end. Nothing half-done was kept.`
        : `tally ${run.command} (run ${run.run_id}) failed: ${texts.join(' ') || 'for no known reason.'}`,
    numbers: { errors: run.errors.length },
    next_command: afterRun(run),
  };
}

/** Of a job, when it is tried again. */
function afterRun({ job, command }: EndedRun): string {
  if (job !== null) return `tally schedule slots --job ${job}`;
  return command === 'run' || command === 'clean' ? `tally ${command}` : 'tally status';
}

/** Told for each day that a file should be there and is not. */
export function noticeLateness(each: AgencyState): Alarm | undefined {
  const { feed, agency, state, fresh_date: fresh, expected_date: expected } = each;
  if ((state !== 'late' && state !== 'missing') || expected === null) return undefined;
  return {
    ...nothingKnown,
    key: `late ${feed} ${agency} ${expected}`,
    kind: 'late',
    feed,
    agency,
    business_date: expected,
    code: state,
    what: `${feed} of ${agency} is late: expected ${expected}, ${fresh ? `the last is ${fresh}` : 'nothing has come yet'}.`,
    numbers: { expected_date: expected, fresh_date: fresh },
    next_command: 'tally status',
  };
}

/** `over`: the trouble that has ended, at least one. */
export function noticeRecovery(each: AgencyState, over: OpenAlarm[]): Alarm {
  const { feed, agency, fresh_date: fresh, rows_loaded, rows_invalid } = each;
  return {
    ...nothingKnown,
    key: `recovered ${over.at(-1)!.alarm_id}`,
    kind: 'recovered',
    feed,
    agency,
    business_date: fresh,
    what: `${feed} of ${agency} is well again${fresh ? `: it has ${fresh}` : ''} (was ${kindsOf(over)}).`,
    numbers: { rows_loaded, rows_invalid, alarms: over.length },
    next_command: null,
  };
}

/** The same for a command that had failed beside its loads. */
export function noticeRunRecovery(run: EndedRun, over: OpenAlarm[]): Alarm {
  return {
    ...nothingKnown,
    key: `recovered ${over.at(-1)!.alarm_id}`,
    kind: 'recovered',
    run_id: run.run_id,
    file_name: run.command,
    what: `tally ${run.command} is well again (run ${run.run_id}).`,
    numbers: { alarms: over.length },
    next_command: null,
  };
}

/** A file that fails again in the same way, while nobody has mended it, is no news. */
export function isKnown(alarm: Alarm, open: OpenAlarm[]): boolean {
  return (
    alarm.kind === 'failed' &&
    open.some(
      (each) =>
        each.kind === 'failed' &&
        each.feed === alarm.feed &&
        each.agency === alarm.agency &&
        each.business_date === alarm.business_date &&
        each.code === alarm.code &&
        each.file_name === alarm.file_name &&
        each.job === alarm.job,
    )
  );
}

const USAGE_CODES = Object.entries(ERROR_CODES).flatMap(([code, { exit }]) => (exit === 2 ? [code] : []));

export const nothingKnown = {
  feed: null,
  agency: null,
  business_date: null,
  run_id: null,
  load_id: null,
  code: null,
  file_name: null,
  job: null,
};

function aboutLoad(load: EndedLoad, kind: 'failed' | 'held' | 'invalid_share') {
  const { load_id, run_id, feed, agency, business_date, code, file_name } = load;
  return {
    ...nothingKnown,
    key: `load ${load_id} ${kind}`,
    kind,
    feed,
    agency,
    business_date,
    run_id,
    load_id,
    code,
    file_name,
  };
}

function whose({ feed, agency, business_date: date }: EndedLoad): string {
  return `${feed}${agency ? ` of ${agency}` : ''}${date ? ` for ${date}` : ''}`;
}

function rowsOf(load: EndedLoad): Alarm['numbers'] {
  return {
    rows_read: Number(load.rows_read),
    rows_loaded: Number(load.rows_loaded),
    rows_invalid: Number(load.rows_invalid),
    invalid_percent: percent(load.rows_invalid, load.rows_read).toFixed(2),
  };
}

function percent(part: string | null, whole: string | null): number {
  return Number(whole) === 0 ? 0 : (Number(part) * 100) / Number(whole);
}

function kindsOf(over: OpenAlarm[]): string {
  return [...new Set(over.map(({ kind }) => kind))].join(' and ');
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
