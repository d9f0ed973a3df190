import { expect, test } from '@jest/globals';
import { noticeJobRecovery, noticeSlots, type EndedSlot } from '../../src/alarms/job.js';

const slot = (given: Partial<EndedSlot>): EndedSlot => ({
  slot_id: '7',
  job: 'night',
  slot: new Date('2026-11-20T23:30:00Z'),
  by_hand: false,
  state: 'done',
  attempts: 1,
  code: null,
  message: null,
  ...given,
});
const notice = (...slots: EndedSlot[]) => noticeSlots(slots, 'Europe/Zurich');

test('a slot that failed for good tells when it was due, how often it was tried, why, and what to run', () => {
  const failed = slot({
    state: 'failed',
    attempts: 4,
    code: 'database_lost',
    message: 'The connection broke off',
  });
  expect(notice(failed)).toEqual([
    {
      key: 'slot 7 failed',
      kind: 'failed',
      feed: null,
      agency: null,
      business_date: '2026-11-21',
      run_id: null,
      load_id: null,
      code: 'database_lost',
      file_name: null,
      job: 'night',
      what: 'The job night, due 2026-11-21 00:30 (Europe/Zurich), failed for good after 4 attempts: The connection broke off.',
      numbers: { attempts: 4 },
      next_command: 'tally schedule run night',
    },
  ]);
  expect(notice(slot({ ...failed, attempts: 1 }))[0]!.what).toContain('after its only attempt: ');
});

test('slots that were missed are one alarm for each job, however many they are', () => {
  const missed = (id: string, job: string, at: string) =>
    slot({
      slot_id: id,
      job,
      slot: new Date(at),
      state: 'missed',
      attempts: 0,
      message: 'It came too late.',
    });
  const told = notice(
    missed('1', 'night', '2026-11-18T02:30:00Z'),
    missed('2', 'hourly', '2026-11-18T03:00:00Z'),
    missed('3', 'night', '2026-11-19T02:30:00Z'),
  );
  expect(told.map(({ key, job, code, business_date: day, what }) => [key, job, code, day, what])).toEqual([
    [
      'slot 3 missed',
      'night',
      'missed',
      '2026-11-19',
      'The job night was due and not begun 2 times, from 2026-11-18 03:30 (Europe/Zurich) to 2026-11-19 03:30 (Europe/Zurich). It came too late.',
    ],
    [
      'slot 2 missed',
      'hourly',
      'missed',
      '2026-11-18',
      'The job hourly was due and not begun at 2026-11-18 04:00 (Europe/Zurich). It came too late.',
    ],
  ]);
  expect(told[0]!.next_command).toBe('tally schedule slots --job night');
});

test('what is done or held, and what someone began by hand, is no news of the schedule', () => {
  expect(notice(slot({}), slot({ state: 'held' }), slot({ state: 'failed', by_hand: true }))).toEqual([]);
});

test('a job that is well again says which slot was', () => {
  const open = { alarm_id: '3', kind: 'failed', feed: null, agency: null, business_date: null } as const;
  const over = [{ ...open, code: 'missed', file_name: null, job: 'night' }];
  expect(noticeJobRecovery(slot({}), over, 'UTC')).toMatchObject({
    key: 'recovered 3',
    kind: 'recovered',
    job: 'night',
    what: 'The job night is well again (due 2026-11-20 23:30 (UTC)).',
    next_command: null,
  });
});
