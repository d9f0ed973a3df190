import { Option, type Command } from 'commander';
import type { Job } from '../../schedule/schedule.js';
import {
  command,
  contextOf,
  parseLimit,
  untilInterrupted,
  type CommonOptions,
  type Context,
} from '../command.js';

interface ScheduleOptions extends CommonOptions {
  list?: boolean;
  check?: boolean;
}

export function scheduleCommand(): Command {
  return command('schedule', 'Run the jobs of schedule.yaml when they are due, until SIGTERM or Ctrl+C', [
    'tally schedule',
    'tally schedule --list',
    'tally schedule run night',
  ])
    .enablePositionalOptions()
    .option('--list', 'show the jobs and when they are due next')
    .option('--check', 'look whether schedule.yaml can be used')
    .action(async (options: ScheduleOptions) => {
      const context = await contextOf(options);
      if (options.check) return check(context);
      if (options.list) return list(context);
      const { untilStopped } = await import('../services.js');
      const { startScheduling } = await import('../scheduling.js');
      await untilStopped(context.terminal, [() => startScheduling(context.terminal, context.config)]);
    })
    .addCommand(runCommand())
    .addCommand(slotsCommand());
}

function runCommand(): Command {
  return command('run', 'Run a job now', ['tally schedule run night'])
    .argument('<job>', 'a job of schedule.yaml')
    .addOption(
      new Option('--attempt <json>', 'said by the scheduler: the job, and a slot that waits').hideHelp(),
    )
    .action(async (name: string, options: CommonOptions & { attempt?: string }) => {
      const { terminal, config } = await contextOf(options);
      const { systemClock } = await import('../../clock.js');
      const { findJob, loadSchedule } = await import('../../schedule/schedule.js');
      const { job, slotId } = options.attempt
        ? (JSON.parse(options.attempt) as { job: Job; slotId: string })
        : { job: findJob(loadSchedule(config), name), slotId: undefined };
      const signal = untilInterrupted(terminal);
      const { attemptJob } = await import('../../schedule/attempt.js');
      const { openProgress } = await import('../progress.js');
      const { showWork } = await import('../scheduling.js');
      const { workDocument } = await import('../documents.js');
      const { exitCode } = await import('../exitCode.js');
      const progress = openProgress(terminal, signal);
      const watching = { signal, ...progress };
      const attempted = await attemptJob({ config, clock: systemClock }, watching, job, slotId).finally(
        progress.close,
      );
      // Only of a slot that the scheduler named: another process has it.
      if (!attempted) return;
      const { result, outcome } = attempted.done;
      await showWork(terminal, attempted.done);
      terminal.document({ job: job.name, slot: attempted.slot, ...workDocument(attempted.done) });
      process.exitCode = exitCode(result, outcome);
    });
}

function slotsCommand(): Command {
  return command(
    'slots',
    'The ledger of the schedule: every moment at which a job was due, the latest first',
    ['tally schedule slots --job night', 'tally schedule slots --state failed --json'],
  )
    .option('--job <job>', 'only this job')
    .addOption(
      new Option('--state <state>', 'only this state').choices([
        'waiting',
        'running',
        'done',
        'held',
        'failed',
        'missed',
      ]),
    )
    .option('--limit <n>', 'so many at most', parseLimit, 50)
    .action(async (options: CommonOptions & { job?: string; state?: string; limit: number }) => {
      const { terminal, config } = await contextOf(options);
      const { askLedger } = await import('../../run/status.js');
      const { listSlots } = await import('../../schedule/slots.js');
      const { table } = await import('../terminal.js');
      const { cut, moment } = await import('../text.js');
      const slots = await askLedger(config, (client) => listSlots(client, options, options.limit));
      const columns = [
        { title: 'job' },
        { title: 'slot (UTC)' },
        { title: 'state' },
        { title: 'attempts', right: true },
        { title: 'run', right: true },
        { title: 'started (UTC)' },
        { title: 'finished (UTC)' },
        { title: 'why' },
      ];
      const rows = slots.map((slot) => [
        slot.job,
        `${moment(slot.slot)}${slot.by_hand ? ', by hand' : ''}`,
        slot.state,
        String(slot.attempts),
        slot.run_id ?? '',
        moment(slot.started_at),
        moment(slot.finished_at),
        slot.code ? cut(`${slot.code}: ${slot.message ?? ''}`, 100) : '',
      ]);
      terminal.say(slots.length === 0 ? 'No slots.' : table(columns, rows));
      terminal.document(
        slots.map(({ slot_id: _, run_id: run, ...slot }) => ({
          ...slot,
          run_id: run === null ? null : Number(run),
        })),
      );
    });
}

const SHOWN_TIMES = 3;

async function list({ terminal, config }: Context): Promise<void> {
  const { systemClock } = await import('../../clock.js');
  const { nextTimes } = await import('../../schedule/due.js');
  const { loadSchedule, workText } = await import('../../schedule/schedule.js');
  const { wallTime } = await import('../scheduling.js');
  const { table } = await import('../terminal.js');
  const jobs = loadSchedule(config).map((job) => ({
    job,
    next: nextTimes(job, systemClock.now(), SHOWN_TIMES),
  }));
  const columns = ['job', 'does', 'cron', 'time zone', 'due next (there)'].map((title) => ({ title }));
  const rows = jobs.map(({ job, next }) => [
    job.name,
    workText(job.work),
    job.cron,
    job.timeZone,
    next.map((time) => wallTime(time, job.timeZone)).join(', '),
  ]);
  terminal.say(
    jobs.length === 0 ? 'No jobs. docs/schedule.md says how to write them.' : table(columns, rows),
  );
  terminal.document(jobs.map(({ job, next }) => documentOf(job, next)));
}

function documentOf(job: Job, next: Date[]): Record<string, unknown> {
  return {
    job: job.name,
    do: job.work,
    cron: job.cron,
    time_zone: job.timeZone,
    retries: job.retries,
    backoff_seconds: job.backoffMs / 1000,
    limit_seconds: job.limitMs / 1000,
    missed: job.missed,
    next,
  };
}

async function check({ terminal, config }: Context): Promise<void> {
  const { readSchedule } = await import('../../schedule/schedule.js');
  const { plural } = await import('../text.js');
  const { jobs, faults } = readSchedule(config);
  for (const fault of faults) terminal.alarm(`${fault.file}:${fault.line}: ${fault.message}`);
  if (faults.length === 0) terminal.say(`${plural(jobs.length, 'job')}: schedule.yaml is fine.`);
  terminal.document({ jobs: jobs.map((job) => job.name), faults });
  process.exitCode = faults.length > 0 ? 2 : 0;
}
