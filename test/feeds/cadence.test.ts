import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDays, localTime, type Day } from '../../src/clock.js';
import { freshnessState, isDeliveryDay, lastDue, type Cadence } from '../../src/feeds/cadence.js';

const cadence = (rest: Partial<Cadence> = {}): Cadence => ({
  days: 'daily',
  by: '06:00',
  days_later: 0,
  grace_minutes: 0,
  holidays: [],
  ...rest,
});

const dueAt = (moment: string, rest: Partial<Cadence> = {}, timeZone = 'UTC') =>
  lastDue(cadence(rest), timeZone, new Date(moment));

describe('the last business date whose file should be there', () => {
  test.each<[string, Partial<Cadence>, string, Day]>([
    ['2026-11-20T05:59:59Z', {}, 'UTC', '2026-11-19'],
    ['2026-11-20T06:00:00Z', {}, 'UTC', '2026-11-20'],
    ['2026-11-20T05:00:00Z', {}, 'Europe/Zurich', '2026-11-20'],
    ['2026-11-20T10:59:00Z', {}, 'America/New_York', '2026-11-19'],
    // With half an hour of grace; on the next day; both.
    ['2026-11-20T06:29:00Z', { grace_minutes: 30 }, 'UTC', '2026-11-19'],
    ['2026-11-20T06:30:00Z', { grace_minutes: 30 }, 'UTC', '2026-11-20'],
    ['2026-11-20T06:00:00Z', { days_later: 1 }, 'UTC', '2026-11-19'],
    ['2026-11-20T00:30:00Z', { by: '23:30', grace_minutes: 60 }, 'UTC', '2026-11-19'],
    // 2026-11-21 is a Saturday.
    ['2026-11-21T12:00:00Z', { days: 'weekdays' }, 'UTC', '2026-11-20'],
    ['2026-11-23T05:00:00Z', { days: 'weekdays' }, 'UTC', '2026-11-20'],
    ['2026-11-23T06:00:00Z', { days: 'weekdays' }, 'UTC', '2026-11-23'],
    ['2026-11-23T06:00:00Z', { days: 'weekdays', days_later: 1 }, 'UTC', '2026-11-20'],
    ['2026-11-23T12:00:00Z', { days: ['sun', 'wed'] }, 'UTC', '2026-11-22'],
    ['2026-12-28T05:00:00Z', { days: 'weekdays', holidays: ['2026-12-25', '2026-12-24'] }, 'UTC', '2026-12-23'],
    // The day on which 02:30 is not there, and the one on which it comes twice.
    ['2026-03-29T00:59:00Z', { by: '02:30' }, 'Europe/Zurich', '2026-03-28'],
    ['2026-03-29T01:00:00Z', { by: '02:30' }, 'Europe/Zurich', '2026-03-29'],
    ['2026-10-25T00:30:00Z', { by: '02:30' }, 'Europe/Zurich', '2026-10-25'],
    ['2026-10-25T01:00:00Z', { by: '02:30' }, 'Europe/Zurich', '2026-10-25'],
  ])('at %s, %j in %s: %s', (moment, rest, timeZone, day) => {
    expect(dueAt(moment, rest, timeZone).day).toBe(day);
  });

  test('comes with the moment since when', () => {
    expect(dueAt('2026-11-20T12:00:00Z', { grace_minutes: 45 }, 'Europe/Zurich')).toEqual({
      day: '2026-11-20',
      at: new Date('2026-11-20T05:45:00Z'),
    });
  });
});

const zones = fc.constantFrom('UTC', 'Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'America/Havana');
const time = fc.integer({ min: 0, max: 1439 }).map((minute) => {
  const [hour, rest] = [Math.floor(minute / 60), minute % 60];
  return `${String(hour).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
});
const weekday = fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun');
const anyDays = fc.oneof(
  fc.constantFrom('daily' as const, 'weekdays' as const),
  fc.uniqueArray(weekday, { minLength: 1 }),
) as fc.Arbitrary<Cadence['days']>;
const cadences = fc.record<Cadence>({
  days: anyDays,
  by: time,
  days_later: fc.integer({ min: 0, max: 3 }),
  grace_minutes: fc.integer({ min: 0, max: 1440 }),
  holidays: fc.array(fc.integer({ min: 0, max: 365 }).map((day) => addDays('2026-01-01', day)), { maxLength: 5 }),
});
/** Half of them in the hours in which clocks change. */
const moments = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) }),
  fc
    .tuple(
      fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'),
      fc.integer({ min: -12 * 60, max: 36 * 60 }),
    )
    .map(([day, minutes]) => new Date(`${day}T00:00:00Z`).getTime() + minutes * 60_000),
).map((milliseconds) => new Date(milliseconds));

describe('whatever the cadence, zone and moment', () => {
  test('the day that is due is one of delivery, was due by then, and the next one is not', () => {
    fc.assert(
      fc.property(cadences, zones, moments, (any, zone, now) => {
        const due = lastDue(any, zone, now);
        expect(isDeliveryDay(any, due.day)).toBe(true);
        expect(due.at <= now).toBe(true);
        let next = addDays(due.day, 1);
        while (!isDeliveryDay(any, next)) next = addDays(next, 1);
        const graceAgo = new Date(now.getTime() - any.grace_minutes * 60_000);
        const local = localTime(graceAgo, zone);
        // Where a clock was put back the time may be behind the hands, never before them.
        expect(`${local.day} ${local.time}` < `${addDays(next, any.days_later)} ${any.by}`).toBe(true);
      }),
    );
  });

  test('what was due stays due: time that goes on never makes a late file early', () => {
    fc.assert(
      fc.property(cadences, zones, moments, fc.integer({ min: 0, max: 200 }), (any, zone, now, minutes) => {
        const later = new Date(now.getTime() + minutes * 60_000);
        expect(lastDue(any, zone, later).day >= lastDue(any, zone, now).day).toBe(true);
      }),
    );
  });
});

describe('the state of an agency', () => {
  const due = { day: '2026-11-20', at: new Date('2026-11-20T06:00:00Z') };
  const state = (day: Day | null, rest: Partial<Cadence> = {}) =>
    freshnessState(cadence(rest), { day, trouble: undefined }, due);

  test('is fresh with the file that was due, late without it, missing without the one before', () => {
    expect(state('2026-11-21')).toBe('fresh');
    expect(state('2026-11-20')).toBe('fresh');
    expect(state('2026-11-19')).toBe('late');
    expect(state('2026-11-18')).toBe('missing');
    expect(state(null)).toBe('missing');
  });

  test('counts only days of delivery', () => {
    // 2026-11-20 is a Friday.
    expect(state('2026-11-13', { days: ['fri'] })).toBe('late');
    expect(state('2026-11-12', { days: ['fri'] })).toBe('missing');
    expect(state('2026-11-18', { holidays: ['2026-11-19'] })).toBe('late');
  });

  test('is held or failed where a file came that could not be taken over', () => {
    expect(freshnessState(cadence(), { day: '2026-11-19', trouble: 'held' }, due)).toBe('held');
    expect(freshnessState(undefined, { day: '2026-11-19', trouble: 'failed' }, undefined)).toBe('failed');
  });

  test('without a cadence is fresh, whatever the day', () => {
    expect(freshnessState(undefined, { day: '2020-01-01', trouble: undefined }, undefined)).toBe('fresh');
  });
});
