import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  compactDay,
  dayOf,
  isDay,
  isTimeZone,
  localTime,
  systemClock,
  weekday,
} from '../src/clock.js';

describe('the day and the time of day', () => {
  test.each([
    ['2026-11-21T23:30:00Z', 'UTC', '2026-11-21', '23:30'],
    ['2026-11-21T23:30:00Z', 'Europe/Zurich', '2026-11-22', '00:30'],
    ['2026-11-21T03:30:00Z', 'America/New_York', '2026-11-20', '22:30'],
    ['2026-11-21T23:30:00Z', 'Asia/Kathmandu', '2026-11-22', '05:15'],
    ['2026-11-22T00:00:00Z', 'UTC', '2026-11-22', '00:00'],
    // The clock is put forward and back.
    ['2026-03-29T00:59:00Z', 'Europe/Zurich', '2026-03-29', '01:59'],
    ['2026-03-29T01:00:00Z', 'Europe/Zurich', '2026-03-29', '03:00'],
    ['2026-10-25T00:30:00Z', 'Europe/Zurich', '2026-10-25', '02:30'],
    ['2026-10-25T01:30:00Z', 'Europe/Zurich', '2026-10-25', '02:30'],
    ['2011-12-30T12:00:00Z', 'Pacific/Apia', '2011-12-31', '02:00'],
  ])('%s in %s', (moment, timeZone, day, time) => {
    expect(localTime(new Date(moment), timeZone)).toEqual({ day, time });
    expect(dayOf(new Date(moment), timeZone)).toBe(day);
  });

  test('in UTC are those of ISO 8601', () => {
    const range = {
      min: new Date('1000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(range), (moment) => {
        const iso = moment.toISOString();
        expect(localTime(moment, 'UTC')).toEqual({ day: iso.slice(0, 10), time: iso.slice(11, 16) });
      }),
    );
  });
});

describe('days', () => {
  test.each(['2026-11-21', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('%s is one', (text) => {
    expect(isDay(text)).toBe(true);
  });

  test.each([
    '',
    '2026-11-31',
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '20261121',
    '2026-11-21 ',
    '2026-11-21T00:00',
  ])('%j is none', (text) => {
    expect(isDay(text)).toBe(false);
  });

  test.each([
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-03-01', -1, '2026-02-28'],
    ['2024-03-01', -1, '2024-02-29'],
    ['2026-03-29', 1, '2026-03-30'],
    ['2026-11-21', 0, '2026-11-21'],
    ['2026-11-21', -365, '2025-11-21'],
  ])('%s and %i days is %s', (day, days, expected) => {
    expect(addDays(day, days)).toBe(expected);
    expect(addDays(expected, -days)).toBe(day);
  });

  test('have a weekday, and a form for file names', () => {
    expect(['2026-11-21', '2026-11-22', '2026-11-23'].map(weekday)).toEqual([6, 0, 1]);
    expect(compactDay('2026-11-21')).toBe('20261121');
  });
});

test.each([
  ['UTC', true],
  ['Europe/Zurich', true],
  ['Mars', false],
  ['', false],
  ['Europe/zurich ', false],
])('%j is a time zone: %s', (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});

test('the clock of the system goes', () => {
  expect(Math.abs(systemClock.now().getTime() - Date.now())).toBeLessThan(10_000);
});
