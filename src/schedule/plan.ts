import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import { dueTimes, nextTimes, type Timing } from './due.js';
import type { Job } from './schedule.js';
import { listKnownJobs, listOpenSlots, passOver, type PassedOver } from './slots.js';

/** A job, and up to when its due times are slots of the ledger. */
export interface PlannedJob {
  job: Job;
  until: Date;
  next: Date | undefined;
}

export const NOT_DECLARED = 'The job is no longer in schedule.yaml.';

/** After a long absence there are many at once; the process is not to stand still, nor a statement to grow. */
const IN_ONE_STATEMENT = 1000;

/**
 * What the ledger knows of the jobs. One that is new begins now. One whose times were changed keeps what was due by
 * the old ones until now; one that is gone is forgotten, with what was due and had not begun.
 */
export async function syncJobs(
  client: Client,
  jobs: Job[],
  now: Date,
): Promise<{ planned: PlannedJob[]; passedOver: PassedOver[] }> {
  const known = new Map((await listKnownJobs(client)).map((row) => [row.job, row]));
  const planned: PlannedJob[] = [];
  for (const job of jobs) {
    const before = known.get(job.name);
    const isSame = before?.cron === job.cron && before.time_zone === job.timeZone;
    if (before && !isSame) {
      const timing = { cron: before.cron, timeZone: before.time_zone };
      await planUpTo(client, job.name, timing, before.planned_until, now);
    }
    if (!isSame)
      await client.query(statement('schedule/record_job'), [job.name, job.cron, job.timeZone, now]);
    const until = isSame ? before.planned_until : now;
    planned.push({ job, until, next: nextTimes(job, until, 1)[0] });
  }
  const names = jobs.map((job) => job.name);
  await client.query(statement('schedule/forget_jobs'), [names, now]);
  const gone = (await listOpenSlots(client)).filter((slot) => !names.includes(slot.job) && !slot.locked);
  return { planned, passedOver: await passOver(client, gone, now, { why: NOT_DECLARED, isNews: false }) };
}

/** Each moment at which a job was due becomes a slot; another scheduler may have made it one already. */
export async function planSlots(client: Client, planned: PlannedJob[], now: Date): Promise<void> {
  for (const each of planned) {
    if (!each.next || each.next > now) continue;
    each.until = await planUpTo(client, each.job.name, each.job, each.until, now);
    each.next = nextTimes(each.job, each.until, 1)[0];
  }
}

async function planUpTo(client: Client, job: string, timing: Timing, from: Date, to: Date): Promise<Date> {
  let until = from;
  let due: Date[] = [];
  const write = async (): Promise<void> => {
    await client.query(statement('schedule/plan_slots'), [job, due]);
    until = due.at(-1)!;
    due = [];
  };
  for (const time of dueTimes(timing, from, to)) {
    if (due.push(time) >= IN_ONE_STATEMENT) await write();
  }
  if (due.length > 0) await write();
  return until;
}
