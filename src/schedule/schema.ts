import { Cron } from 'croner';
import * as z from 'zod';
import { isTimeZone } from '../clock.js';

/** How schedule.yaml is written. The JSON Schema for editors is generated from here. */

const UNITS = { s: 1, m: 60, h: 3600 } as const;
const DURATION = /^(\d{1,6})([smh])$/;

const duration = z
  .string('expected a duration in quotes or with its unit, such as 90s, 15m or 2h')
  .regex(DURATION, 'expected a duration such as 90s, 15m or 2h')
  .refine((text) => !/^0+[smh]$/.test(text), 'expected a duration that is longer than nothing')
  .meta({ examples: ['90s', '15m', '2h'] })
  .transform((text) => {
    const [, number, unit] = DURATION.exec(text)!;
    return Number(number) * UNITS[unit as keyof typeof UNITS] * 1000;
  });

const timeZone = z
  .string()
  .refine(isTimeZone, { message: 'expected a time zone such as UTC or Europe/Zurich' });

const work = z.union(
  [
    z.literal('run'),
    z.literal('report'),
    z.literal('verify'),
    z.literal('clean'),
    z.strictObject({ feed: z.string().min(1) }),
    z.strictObject({ report: z.string().min(1) }),
  ],
  'expected run, report, verify, clean, { feed: NAME } or { report: NAME }',
);

const job = z.strictObject({
  cron: z
    .string()
    .superRefine((text, context) => {
      const message = cronFault(text);
      if (message) context.addIssue({ code: 'custom', message });
    })
    .describe('When: minute hour day month weekday; six fields begin with the second'),
  time_zone: timeZone.optional().describe('Where the clock hangs, if not in that of this file'),
  do: work.describe(
    'run: all of the inbox, and the reports; report: all reports of the day; or one of them; verify: all that readers see; clean: what is older than the settings say',
  ),
  retries: z.int().min(0).max(100).default(2).describe('How often it is tried again when it failed'),
  backoff: duration
    .prefault('1m')
    .describe(
      'How long it waits before the first retry; each further one waits twice as long, an hour at most',
    ),
  limit: duration
    .prefault('2h')
    .describe('How long one attempt may take; then it is ended, and counts as failed'),
  missed: z
    .enum(['all', 'latest', 'none'], 'expected all, latest or none')
    .default('latest')
    .describe('Which of the times that it could not begin at are made up for'),
});

export const scheduleSchema = z.strictObject({
  time_zone: timeZone.optional().describe('That of all jobs, if not TALLY_TIME_ZONE'),
  jobs: z
    .record(
      z
        .string()
        .regex(/^[a-z][a-z0-9_-]*$/, 'expected a lower-case name: letters, digits, _ and -')
        .max(63, 'expected 63 characters at most'),
      job,
    )
    .nullable()
    .default({})
    .transform((jobs) => jobs ?? {}),
});

export type Work = z.output<typeof work>;
export type MissedRule = z.output<typeof job>['missed'];

function cronFault(text: string): string | undefined {
  try {
    const next = parseCron(text, 'UTC').nextRun(new Date('2000-01-01T00:00:00Z'));
    return next ? undefined : 'expected a time that comes';
  } catch (error) {
    const why = (error as Error).message.replace(/^Cron\w+: /, '').replace(/\.$/, '');
    return `expected five fields (minute hour day month weekday), or six that begin with the second: ${why}`;
  }
}

/**
 * Lists and ranges of hours count as fixed times too, so that `30 2,14 * * *` keeps its promise of each of them once
 * when the clock is changed.
 */
export function parseCron(text: string, timezone: string): Cron {
  return new Cron(text, { timezone, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' });
}
