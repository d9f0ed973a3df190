import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Client } from '../warehouse/connect.js';
import { nextTimes } from './due.js';
import { readSchedule } from './schedule.js';
import { listLastSlots, type SlotState } from './slots.js';

export interface JobStatus {
  job: string;
  time_zone: string;
  last_slot: Date | null;
  last_state: SlotState | null;
  last_code: string | null;
  last_message: string | null;
  next_slot: Date | null;
}

/** The last and the next slot of each job; none where the schedule cannot be read, which `tally schedule --check` tells. */
export async function readJobStatus(client: Client, config: Config, clock: Clock): Promise<JobStatus[]> {
  const { jobs } = readSchedule(config);
  const last = await listLastSlots(
    client,
    jobs.map((job) => job.name),
  );
  return jobs.map((job) => {
    const slot = last.find((each) => each.job === job.name);
    return {
      job: job.name,
      time_zone: job.timeZone,
      last_slot: slot?.slot ?? null,
      last_state: slot?.state ?? null,
      last_code: slot?.code ?? null,
      last_message: slot?.message ?? null,
      next_slot: nextTimes(job, clock.now(), 1)[0] ?? null,
    };
  });
}
