import { addDays, weekday, type Day } from '../clock.js';
import type { Feed } from './feed.js';

type Cadence = NonNullable<Feed['cadence']>;

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** The last business date whose file should be there at a local time; a file that is older is late. */
export function lastDueDay(cadence: Cadence, now: { day: Day; time: string }): Day {
  let day = now.time >= cadence.by ? now.day : addDays(now.day, -1);
  while (!isDeliveryDay(cadence, day)) day = addDays(day, -1);
  return day;
}

function isDeliveryDay(cadence: Cadence, day: Day): boolean {
  const name = WEEKDAYS[weekday(day)]!;
  if (cadence.days === 'daily') return true;
  if (cadence.days === 'weekdays') return name !== 'sat' && name !== 'sun';
  return cadence.days.includes(name);
}
