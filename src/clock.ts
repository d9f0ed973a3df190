/** The only source of "now": handed down from the command, so that a test can stand at any moment. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A calendar day, written YYYY-MM-DD. */
export type Day = string;

/** The day and the time of day (HH:MM) that a moment is, in a time zone. */
export function localTime(moment: Date, timeZone: string): { day: Day; time: string } {
  if (timeZone === 'UTC') return inUtc(moment);
  const parts: Record<string, string> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(moment)) parts[type] = value;
  return { day: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` };
}

/** The default, without Intl, which takes some 10 ms to be ready for a zone. */
function inUtc(moment: Date): { day: Day; time: string } {
  const [day, time] = moment.toISOString().split('T');
  return { day: day!, time: time!.slice(0, 5) };
}

/**
 * The first moment at which it is this day and time in a time zone, or later: where the clock is put forward over
 * it, the moment at which that happens; where it is put back and the time comes twice, the first one.
 */
export function momentOf(day: Day, time: string, timeZone: string): Date {
  const wanted = `${day} ${time}`;
  const isReached = (minute: number) => {
    const local = localTime(new Date(minute * MINUTE), timeZone);
    return `${local.day} ${local.time}` >= wanted;
  };
  const asUtc = minutesOf(day, time);
  const offsets = [asUtc - 26 * 60, asUtc + 26 * 60].map((minute) => {
    const local = localTime(new Date(minute * MINUTE), timeZone);
    return minutesOf(local.day, local.time) - minute;
  });
  let [before, at] = [asUtc - Math.max(...offsets), asUtc - Math.min(...offsets)];
  if (isReached(before)) return new Date(before * MINUTE);
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (isReached(middle)) at = middle;
    else before = middle;
  }
  return new Date(at * MINUTE);
}

const MINUTE = 60_000;

function minutesOf(day: Day, time: string): number {
  return new Date(`${day}T${time}Z`).getTime() / MINUTE;
}

export function dayOf(moment: Date, timeZone: string): Day {
  return localTime(moment, timeZone).day;
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

export function addDays(day: Day, days: number): Day {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** 0 = Sunday. */
export function weekday(day: Day): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

/** The day as a file name carries it: 20261121. */
export function compactDay(day: Day): string {
  return day.replaceAll('-', '');
}

export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true;
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timeZone, found);
  }
  return found;
}
