import * as z from 'zod';
import { addDays, dayOf, isDay, momentOf, weekday, type Day } from '../clock.js';
import { NAME, NAME_EXPECTED } from './name.js';

export const cadenceSchema = z.strictObject({
  days: z
    .union(
      [
        z.enum(['daily', 'weekdays']),
        z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
      ],
      'expected daily, weekdays, or a list of mon, tue, wed, thu, fri, sat, sun',
    )
    .default('daily'),
  by: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as "06:00"')
    .default('06:00')
    .describe("When the day's file is due, in the agency's time zone"),
  days_later: z
    .number()
    .int()
    .min(0)
    .max(31)
    .default(0)
    .describe('On which day it is due: 0 its business date, 1 the day after'),
  grace_minutes: z
    .number()
    .int()
    .min(0)
    .max(1440)
    .default(0)
    .describe('How long after that it is not yet called late'),
  holidays: z
    .array(z.string().refine(isDay, { message: 'expected a date such as 2026-12-25' }))
    .default([])
    .describe('Business dates without a file'),
  agencies: z
    .array(z.string().regex(NAME, NAME_EXPECTED))
    .min(1)
    .optional()
    .describe('Whose files are due; else those of all agencies of agencies.yaml, if only they may deliver'),
});

export type Cadence = z.output<typeof cadenceSchema>;

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** How an agency's data of a feed stands at a moment. */
export type FreshnessState = 'fresh' | 'late' | 'missing' | 'held' | 'failed';

/** A business date whose file should be there, and the moment since when. */
export interface Due {
  day: Day;
  at: Date;
}

/** What was delivered so far. */
interface Delivered {
  /** The last business date that is in the warehouse. */
  day: Day | null;
  /** Whether what came last could not be taken over. */
  trouble: 'held' | 'failed' | undefined;
}

/**
 * The one place that says what is fresh, late or missing. Late: the last file that was due is not there. Missing:
 * nor is the one that was due before it, or nothing has ever come. What came and was held or failed is told as that.
 */
export function freshnessState(
  cadence: Cadence | undefined,
  { day, trouble }: Delivered,
  due: Due | undefined,
): FreshnessState {
  if (trouble) return trouble;
  if (!cadence || !due || (day !== null && day >= due.day)) return 'fresh';
  return day === null || day < deliveryDayBefore(cadence, due.day) ? 'missing' : 'late';
}

/** The last business date whose file should be there at a moment. It never goes back as time goes on. */
export function lastDue(cadence: Cadence, timeZone: string, now: Date): Due {
  // One day more than there is: where a clock is put back over midnight, a day that had begun is over once more.
  let day = addDays(dayOf(now, timeZone), 2);
  for (;;) {
    day = deliveryDayBefore(cadence, day);
    const at = dueAt(cadence, timeZone, day);
    if (at <= now) return { day, at };
  }
}

function dueAt({ by, days_later: later, grace_minutes: grace }: Cadence, timeZone: string, day: Day): Date {
  return new Date(momentOf(addDays(day, later), by, timeZone).getTime() + grace * 60_000);
}

function deliveryDayBefore(cadence: Cadence, day: Day): Day {
  let before = addDays(day, -1);
  while (!isDeliveryDay(cadence, before)) before = addDays(before, -1);
  return before;
}

export function isDeliveryDay({ days, holidays }: Cadence, day: Day): boolean {
  if (holidays.includes(day)) return false;
  const name = WEEKDAYS[weekday(day)]!;
  if (days === 'daily') return true;
  if (days === 'weekdays') return name !== 'sat' && name !== 'sun';
  return days.includes(name);
}

/** Whether this cadence is about an agency's files. */
export function isAbout({ agencies }: Cadence, agency: string): boolean {
  return agencies?.includes(agency) ?? true;
}
