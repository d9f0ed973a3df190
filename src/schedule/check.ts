import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { LooksAbove } from '../run/check/check.js';
import { look, ok, trouble, type Finding } from '../run/check/finding.js';
import type { Client } from '../warehouse/connect.js';
import { ON_TIME_MS } from './choose.js';
import { dueTimes } from './due.js';
import { loadSchedule, readSchedule, workText } from './schedule.js';
import { countSchedulers, listKnownJobs, listOpenSlots, type KnownJob, type OpenSlot } from './slots.js';

/** What `tally check` looks at of the schedule: is the file in order, is a scheduler up, does anything wait that is due? */
export const scheduleLooks: LooksAbove = { files: checkFile, contents: checkScheduler };

const FILE = 'schedule.yaml without a fault, its feeds and reports there';
const SCHEDULER = `a scheduler that is up, and nothing that has been due for more than ${ON_TIME_MS / 1000} s`;
/** Of a job that is due each second, and has been for weeks, nobody wants to know more. */
const MOST_TIMES = 1000;

function checkFile(config: Config): Promise<Finding[]> {
  return look('schedule', FILE, () => {
    const jobs = loadSchedule(config).map(({ name, work }) => `${name} (${workText(work)})`);
    return [ok('schedule', FILE, jobs.join(', ') || 'no jobs')];
  });
}

async function checkScheduler(client: Client, config: Config, clock: Clock): Promise<Finding[]> {
  const names = readSchedule(config).jobs.map(({ name }) => name);
  const isDeclared = ({ job }: { job: string }): boolean => names.includes(job);
  const known = (await listKnownJobs(client)).filter(isDeclared);
  const schedulers = await countSchedulers(client);
  if (names.length === 0) return [ok('scheduler', SCHEDULER, 'there are no jobs')];
  // Whoever lets cron give the commands needs none.
  if (schedulers === 0 && known.length === 0)
    return [ok('scheduler', SCHEDULER, 'none has been up yet; tally start is one')];
  const open = (await listOpenSlots(client)).filter(isDeclared);
  const overdue = known.flatMap((job) => overdueOf(job, open, clock.now()));
  if (schedulers > 0) {
    if (overdue.length === 0) return [ok('scheduler', SCHEDULER, `${schedulers} up`)];
    return overdue.map(({ job, text }) =>
      trouble('scheduler', SCHEDULER, `${schedulers} up, and ${text}`, `tally schedule slots --job ${job}`),
    );
  }
  const waits = overdue.length === 0 ? 'nothing is overdue yet' : overdue.map(({ text }) => text).join('; ');
  const mend = 'tally start; or take the jobs out of schedule.yaml, if something else gives the commands';
  return [trouble('scheduler', SCHEDULER, `none is up; ${waits}`, mend)];
}

/** What a job should have begun, whether it is a slot already or nobody has looked; nothing while it is going on. */
function overdueOf(known: KnownJob, open: OpenSlot[], now: Date): { job: string; text: string }[] {
  const { job, cron, time_zone: timeZone, planned_until: until } = known;
  const slots = open.filter((slot) => slot.job === job);
  if (slots.some(({ locked, claimed }) => locked || claimed)) return [];
  const onTime = new Date(now.getTime() - ON_TIME_MS);
  const times = slots.filter((slot) => slot.not_before < onTime).map(({ slot }) => slot);
  for (const due of dueTimes({ cron, timeZone }, until, onTime)) {
    if (times.push(due) >= MOST_TIMES) break;
  }
  if (times.length === 0) return [];
  const first = `at ${times[0]!.toISOString()}`;
  const count = times.length < MOST_TIMES ? `${times.length}` : `${MOST_TIMES} or more`;
  return [{ job, text: `${job} was due ${times.length === 1 ? first : `${count} times, first ${first}`}` }];
}
