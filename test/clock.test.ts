import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  compactDay,
  dayOf,
  isDay,
  isTimeZone,
  localTime,
  momentOf,
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

  test('in UTC are those that Intl gives to the same zone by another name', () => {
    const range = {
      min: new Date('1000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(range), (moment) => {
        expect(localTime(moment, 'UTC')).toEqual(localTime(moment, 'Etc/UTC'));
      }),
    );
  });
});

describe('the moment of a day and a time', () => {
  test.each([
    ['2026-11-21', '06:00', 'UTC', '2026-11-21T06:00:00Z'],
    ['2026-11-21', '06:00', 'Europe/Zurich', '2026-11-21T05:00:00Z'],
    ['2026-07-21', '06:00', 'America/New_York', '2026-07-21T10:00:00Z'],
    ['2026-11-21', '06:00', 'Asia/Kathmandu', '2026-11-21T00:15:00Z'],
    // The day before, of and after the clock is put forward: 02:30 is not there, and is reached at 03:00.
    ['2026-03-28', '02:30', 'Europe/Zurich', '2026-03-28T01:30:00Z'],
    ['2026-03-29', '02:30', 'Europe/Zurich', '2026-03-29T01:00:00Z'],
    ['2026-03-29', '03:00', 'Europe/Zurich', '2026-03-29T01:00:00Z'],
    ['2026-03-29', '03:30', 'Europe/Zurich', '2026-03-29T01:30:00Z'],
    ['2026-03-30', '02:30', 'Europe/Zurich', '2026-03-30T00:30:00Z'],
    // Put back: 02:30 comes twice, and is reached with the first.
    ['2026-10-24', '02:30', 'Europe/Zurich', '2026-10-24T00:30:00Z'],
    ['2026-10-25', '02:30', 'Europe/Zurich', '2026-10-25T00:30:00Z'],
    ['2026-10-25', '03:00', 'Europe/Zurich', '2026-10-25T02:00:00Z'],
    ['2026-11-01', '01:30', 'America/New_York', '2026-11-01T05:30:00Z'],
    // Half an hour, a clock that is put back over midnight, and a day that there was not.
    ['2026-04-05', '01:45', 'Australia/Lord_Howe', '2026-04-04T14:45:00Z'],
    ['2018-02-18', '00:00', 'America/Sao_Paulo', '2018-02-18T03:00:00Z'],
    ['2011-12-30', '06:00', 'Pacific/Apia', '2011-12-30T10:00:00Z'],
  ])('%s %s in %s', (day, time, timeZone, moment) => {
    expect(momentOf(day, time, timeZone)).toEqual(new Date(moment));
  });

  test('is the first at which it is that time or later, in any zone', () => {
    const zones = [
      'Europe/Zurich',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Havana',
      'Pacific/Apia',
    ];
    const minutes = fc.integer({ min: 0, max: 6 * 366 * 24 * 60 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), minutes, (zone, minute) => {
        const wanted = new Date(Date.UTC(2020, 0, 1) + minute * 60_000).toISOString();
        const [day, time] = [wanted.slice(0, 10), wanted.slice(11, 16)];
        const found = momentOf(day, time, zone);
        const local = (moment: number) => Object.values(localTime(new Date(moment), zone)).join(' ');
        expect(local(found.getTime()) >= `${day} ${time}`).toBe(true);
        // And not in the hours before.
        for (let back = 1; back <= 180; back += 7)
          expect(local(found.getTime() - back * 60_000) < `${day} ${time}`).toBe(true);
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
