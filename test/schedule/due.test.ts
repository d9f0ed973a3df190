import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dueTimes, nextTimes } from '../../src/schedule/due.js';

const due = (cron: string, timeZone: string, after: string, upTo: string) =>
  [...dueTimes({ cron, timeZone }, new Date(after), new Date(upTo))].map((time) =>
    time.toISOString().replace(':00.000Z', 'Z'),
  );

describe('when the clock is changed, a time of day is due exactly once', () => {
  test('in Zurich in spring, where 02:30 is left out: at the first moment after the gap', () => {
    expect(due('30 2 * * *', 'Europe/Zurich', '2026-03-28T00:00Z', '2026-03-30T12:00Z')).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
  });

  test('in Zurich in autumn, where 02:30 comes twice: the first time', () => {
    expect(due('30 2 * * *', 'Europe/Zurich', '2026-10-24T00:00Z', '2026-10-26T12:00Z')).toEqual([
      '2026-10-24T00:30Z',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  test('in New York in spring and, where 01:30 comes twice, in autumn', () => {
    expect(due('30 2 * * *', 'America/New_York', '2026-03-07T00:00Z', '2026-03-09T12:00Z')).toEqual([
      '2026-03-07T07:30Z',
      '2026-03-08T07:00Z',
      '2026-03-09T06:30Z',
    ]);
    expect(due('30 2 * * *', 'America/New_York', '2026-10-31T00:00Z', '2026-11-02T12:00Z')).toEqual([
      '2026-10-31T06:30Z',
      '2026-11-01T07:30Z',
      '2026-11-02T07:30Z',
    ]);
    expect(due('30 1 * * *', 'America/New_York', '2026-10-31T00:00Z', '2026-11-02T12:00Z')).toEqual([
      '2026-10-31T05:30Z',
      '2026-11-01T05:30Z',
      '2026-11-02T06:30Z',
    ]);
  });

  test('also where there are several times in a day', () => {
    expect(due('30 2,14 * * *', 'Europe/Zurich', '2026-10-25T00:00Z', '2026-10-26T00:00Z')).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T13:30Z',
    ]);
    expect(due('30 2,14 * * *', 'Europe/Zurich', '2026-03-29T00:00Z', '2026-03-30T00:00Z')).toEqual([
      '2026-03-29T01:00Z',
      '2026-03-29T12:30Z',
    ]);
  });

  test('and what is due every half hour goes on every half hour', () => {
    const halfHours = (from: string, count: number) =>
      Array.from({ length: count }, (_, i) =>
        new Date(Date.parse(from) + i * 1_800_000).toISOString().replace(':00.000Z', 'Z'),
      );
    for (const [after, upTo, first] of [
      ['2026-10-24T23:00Z', '2026-10-25T03:00Z', '2026-10-24T23:30Z'],
      ['2026-03-28T23:00Z', '2026-03-29T03:00Z', '2026-03-28T23:30Z'],
    ] as const)
      expect(due('*/30 * * * *', 'Europe/Zurich', after, upTo)).toEqual(halfHours(first, 8));
  });
});

test('whenever one looks, each time is met once: between any moments around the changes of the clock', () => {
  const crons = ['30 2 * * *', '0 3 * * *', '30 1,2 * * *', '*/20 * * * *', '15 */2 * * *', '59 23 * * sun'];
  const days = ['2026-03-07', '2026-03-28', '2026-10-24', '2026-10-31'];
  fc.assert(
    fc.property(
      fc.constantFrom(...crons),
      fc.constantFrom('Europe/Zurich', 'America/New_York', 'UTC'),
      fc.constantFrom(...days),
      fc.array(fc.integer({ min: 0, max: 48 * 3600 }), { maxLength: 8 }),
      (cron, timeZone, day, seconds) => {
        const at = (second: number) => new Date(Date.parse(`${day}T00:00:00Z`) + second * 1000);
        const looks = [0, ...seconds.sort((a, b) => a - b), 48 * 3600];
        const met = looks
          .slice(1)
          .flatMap((second, i) => [...dueTimes({ cron, timeZone }, at(looks[i]!), at(second))]);
        expect(met).toEqual([...dueTimes({ cron, timeZone }, at(0), at(48 * 3600))]);
      },
    ),
  );
});

test('the next times come after now, never now', () => {
  const timing = { cron: '*/10 * * * * *', timeZone: 'UTC' };
  expect(nextTimes(timing, new Date('2026-01-01T00:00:10Z'), 2)).toEqual([
    new Date('2026-01-01T00:00:20Z'),
    new Date('2026-01-01T00:00:30Z'),
  ]);
  expect([
    ...dueTimes(timing, new Date('2026-01-01T00:00:10Z'), new Date('2026-01-01T00:00:20Z')),
  ]).toHaveLength(1);
});
