import { localTime } from '../clock.js';
import type { Config } from '../config.js';
import type { Told } from '../schedule/scheduler.js';
import type { JobStatus } from '../schedule/status.js';
import type { WorkDone } from '../schedule/work.js';
import type { Service } from './services.js';
import type { Terminal } from './terminal.js';
import { moment, plural, printable } from './text.js';

/** The scheduler of the workspace as a service that tells what it does: a line for each fact. */
export async function startScheduling(terminal: Terminal, config: Config): Promise<Service> {
  const { systemClock } = await import('../clock.js');
  const { Scheduler } = await import('../schedule/scheduler.js');
  const { paint, say } = tellerOf(terminal);
  return Scheduler.start({
    config,
    clock: systemClock,
    environment: process.env,
    tell: (told) => {
      if (terminal.json) process.stdout.write(`${JSON.stringify({ at: systemClock.now(), ...told })}\n`);
      else say(told, `${moment(systemClock.now())} UTC  ${paint(told)}`);
    },
  });
}

function tellerOf({ alarm, say, colors }: Terminal) {
  const isBad = (told: Told): boolean =>
    told.what === 'trouble' || (told.what === 'ended' && (told.state === 'failed' || told.state === 'held'));
  return {
    say: (told: Told, line: string) => (isBad(told) ? alarm(line) : say(line)),
    paint: (told: Told): string => (isBad(told) ? colors.red(sentence(told)) : sentence(told)),
  };
}

function sentence(told: Told): string {
  if (told.what === 'schedule') return `schedule.yaml was read: ${plural(told.jobs, 'job')}`;
  if (told.what === 'trouble') return printable(`Trouble (${told.code}): ${told.message}`);
  if (told.what === 'passed over') {
    const [first, last] = [moment(told.slots[0]), moment(told.slots.at(-1))];
    const which =
      told.slots.length === 1
        ? `slot of ${first}`
        : `${plural(told.slots.length, 'slot')} of ${first} to ${last}`;
    return `${told.job}, ${which}: ${told.state}. ${told.message}`;
  }
  const slot = `${told.job}, slot of ${moment(told.slot)}`;
  if (told.what === 'begins') return `${slot}: begins${told.attempt > 1 ? `, attempt ${told.attempt}` : ''}`;
  const again = told.again ? `; again at ${moment(told.again)}` : '';
  const state = told.state === 'waiting' ? 'not done' : told.state;
  return printable(`${slot}: ${state}${again}${told.message ? `: ${told.message}` : ''}`);
}

/** A line for each job of the schedule: what came of its last slot, and when it is due next. */
export function showJobs({ say, colors }: Terminal, jobs: JobStatus[]): void {
  if (jobs.length > 0) say();
  for (const { job, time_zone: zone, last_slot: last, last_state: state, next_slot: next, ...why } of jobs) {
    const was = last ? `slot of ${wallTime(last, zone)} ${state}` : 'no slot yet';
    const isBad = state === 'failed' || state === 'held';
    const due = next ? `, next ${wallTime(next, zone)} (${zone})` : '';
    say(`Job ${job}: ${isBad ? colors.red(was) : was}${due}`);
    if (isBad) say(printable(`  ${why.last_code}: ${why.last_message}`));
  }
}

/** What a job did, as the command of the same name shows it. */
export async function showWork(terminal: Terminal, { result, verified, cleaned }: WorkDone): Promise<void> {
  if (verified) {
    const { showVerifications } = await import('./verifications.js');
    showVerifications(terminal, verified.verifications, verified.cleaned);
  } else if (cleaned) {
    const { showCleaned } = await import('./cleaned.js');
    showCleaned(terminal, { cleaned, errors: result.errors }, false);
  } else {
    const { showSummary } = await import('./summary.js');
    showSummary(terminal, result, { nothing: 'Nothing new in the inbox.', freshness: true });
  }
}

/** A moment as the clock on the wall shows it there. */
export function wallTime(date: Date, timeZone: string): string {
  const { day, time } = localTime(date, timeZone);
  const seconds = date.getUTCSeconds();
  return `${day} ${time}${seconds === 0 ? '' : `:${String(seconds).padStart(2, '0')}`}`;
}
