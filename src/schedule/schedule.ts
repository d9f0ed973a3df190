import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { closest } from '../closest.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { readFeeds } from '../feeds/feed.js';
import { faultText, readText, readYaml, type Fault } from '../feeds/yaml.js';
import { sqlFiles } from '../warehouse/views.js';
import { scheduleSchema, type MissedRule, type Work } from './schema.js';

/** What is to be done, and when: a job of schedule.yaml. */
export interface Job {
  name: string;
  cron: string;
  timeZone: string;
  work: Work;
  retries: number;
  backoffMs: number;
  limitMs: number;
  missed: MissedRule;
}

type Place = Pick<Config, 'workspace' | 'timeZone'>;

export const SCHEDULE_FILE = 'schedule.yaml';

export function schedulePath(workspace: string): string {
  return join(workspace, SCHEDULE_FILE);
}

/** The jobs of the workspace; without the file there are none. */
export function readSchedule({ workspace, timeZone }: Place): { jobs: Job[]; faults: Fault[] } {
  const path = schedulePath(workspace);
  if (!existsSync(path)) return { jobs: [], faults: [] };
  const found = readText(SCHEDULE_FILE, path);
  const read = 'faults' in found ? found : readYaml(SCHEDULE_FILE, found.text, known(workspace));
  if ('faults' in read) return { jobs: [], faults: read.faults };
  const { jobs, time_zone: common = timeZone } = read.value;
  return {
    jobs: Object.entries(jobs).map(([name, job]) => ({
      name,
      cron: job.cron,
      timeZone: job.time_zone ?? common,
      work: job.do,
      retries: job.retries,
      backoffMs: job.backoff,
      limitMs: job.limit,
      missed: job.missed,
    })),
    faults: [],
  };
}

/** All jobs, or one error that lists every fault. */
export function loadSchedule(place: Place): Job[] {
  const { jobs, faults } = readSchedule(place);
  if (faults.length === 0) return jobs;
  throw new TallyError(
    'schedule_invalid',
    `The schedule cannot be used:\n${faults.map(faultText).join('\n')}`,
    {
      hint: 'docs/schedule.md explains each word; `tally schedule --check` looks again.',
    },
  );
}

export function findJob(jobs: Job[], name: string): Job {
  const found = jobs.find((job) => job.name === name);
  if (found) return found;
  const names = jobs.map((job) => job.name);
  const near = closest(name, names);
  throw new TallyError('unknown_job', `There is no job ${name}${near ? `; did you mean ${near}?` : '.'}`, {
    hint: `Jobs of ${SCHEDULE_FILE}: ${names.join(', ') || 'none'}.`,
  });
}

/** In the words of schedule.yaml. */
export function workText(work: Work): string {
  if (typeof work === 'string') return work;
  return 'feed' in work ? `feed ${work.feed}` : `report ${work.report}`;
}

/** The schema, and that the feeds and reports that it names are there. Feeds that are wrong are told elsewhere. */
function known(workspace: string): z.ZodType<z.output<typeof scheduleSchema>> {
  const feeds = readFeeds(workspace);
  const names = {
    feed: feeds.faults.length > 0 ? undefined : feeds.feeds.map((feed) => feed.name),
    report: sqlFiles('reports', workspace).map((file) => file.name),
  };
  return scheduleSchema.superRefine(({ jobs }, context) => {
    for (const [job, { do: work }] of Object.entries(jobs)) {
      if (typeof work === 'string') continue;
      const [what, name] =
        'feed' in work ? (['feed', work.feed] as const) : (['report', work.report] as const);
      if (!names[what] || names[what].includes(name)) continue;
      const near = closest(name, names[what]);
      const message = `expected a ${what} of this workspace${near ? ` (${near}?)` : ''}`;
      context.addIssue({ code: 'custom', path: ['jobs', job, 'do', what], message });
    }
  });
}
