import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isKnown,
  noticeLateness,
  noticeLoad,
  noticeRun,
  type AgencyState,
  type EndedLoad,
  type EndedRun,
} from '../../src/alarms/notice.js';

const load = (given: Partial<EndedLoad>): EndedLoad => ({
  load_id: '41',
  run_id: '7',
  feed: 'customer_rating',
  agency: 'agency_a',
  business_date: '2026-11-20',
  file_name: 'a.csv',
  outcome: 'loaded',
  code: null,
  message: null,
  rows_read: '1000',
  rows_loaded: '900',
  rows_invalid: '100',
  before_load_id: '40',
  before_rows_read: '1000',
  before_rows_invalid: '50',
  ...given,
});

describe('a load', () => {
  test('that is held tells why, the rows, where to look and how to accept', () => {
    const held = load({ outcome: 'held', code: 'guard_invalid_percent', message: 'agency_a: too many.' });
    expect(noticeLoad(held, 5)).toEqual({
      key: 'load 41 held',
      kind: 'held',
      feed: 'customer_rating',
      agency: 'agency_a',
      business_date: '2026-11-20',
      run_id: '7',
      load_id: '41',
      code: 'guard_invalid_percent',
      file_name: 'a.csv',
      job: null,
      what: 'customer_rating of agency_a for 2026-11-20 is held: too many. To publish it all the same: tally load --accept-held 41',
      numbers: { rows_read: 1000, rows_loaded: 900, rows_invalid: 100, invalid_percent: '10.00' },
      next_command: 'tally invalid --load 41',
    });
  });

  test('that is held without invalid rows is accepted or not: there is nothing to look at', () => {
    const held = load({ outcome: 'held', code: 'guard_min_rows', message: 'too few', rows_invalid: '0' });
    expect(noticeLoad(held, 5)!.next_command).toBe('tally load --accept-held 41');
  });

  test('that failed tells whether it is tried again', () => {
    const refused = load({ outcome: 'failed', code: 'file_empty', message: 'The file is empty' });
    expect(noticeLoad(refused, 5)).toMatchObject({
      what: 'customer_rating of agency_a for 2026-11-20 failed: The file is empty. The file is not tried again until it changes. (a.csv)',
      next_command: 'tally run',
    });
    const lost = load({ outcome: 'failed', code: 'database_lost', message: 'Gone.' });
    expect(noticeLoad(lost, 5)!.what).toBe(
      'customer_rating of agency_a for 2026-11-20 failed: Gone. (a.csv)',
    );
  });

  test('that someone stopped, or that brought nothing new, is no news', () => {
    expect(noticeLoad(load({ outcome: 'failed', code: 'interrupted' }), 5)).toBeUndefined();
    expect(noticeLoad(load({ outcome: 'unchanged' }), 5)).toBeUndefined();
    expect(noticeLoad(load({ outcome: 'skipped', code: 'known' }), 5)).toBeUndefined();
  });

  test('tells a rise of the invalid share beyond the setting, in points', () => {
    expect(noticeLoad(load({}), 4.9)).toMatchObject({
      kind: 'invalid_share',
      what: expect.stringContaining('rose from 5.00 % (load 40) to 10.00 %, by more than 4.9 points.'),
      numbers: { invalid_percent: '10.00', invalid_percent_before: '5.00' },
      next_command: 'tally invalid --load 41',
    });
    expect(noticeLoad(load({}), 5)).toBeUndefined();
    expect(noticeLoad(load({ before_load_id: null }), 0)).toBeUndefined();
    expect(noticeLoad(load({ before_rows_read: '0', before_rows_invalid: '0' }), 5)).toBeDefined();
  });

  test('never tells a rise where the share did not rise', () => {
    const share = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(share, share, fc.integer({ min: 0, max: 100 }), (now, before, rise) => {
        const alarm = noticeLoad(load({ rows_invalid: `${now}`, before_rows_invalid: `${before}` }), rise);
        expect(alarm !== undefined).toBe(now - before > rise * 10);
      }),
    );
  });
});

describe('a run', () => {
  const run = (given: Partial<EndedRun>): EndedRun => ({
    run_id: '7',
    command: 'run',
    outcome: 'failed',
    errors: [],
    job: null,
    has_failed_slot: false,
    has_failed_loads: false,
    ...given,
  });

  test('tells what went wrong beside its loads', () => {
    const errors = [{ code: 'output_unwritable', message: 'The disk is full.', hint: null }];
    expect(noticeRun(run({ errors, has_failed_loads: true }))).toMatchObject({
      key: 'run 7 failed',
      code: 'output_unwritable',
      what: 'tally run (run 7) failed: The disk is full.',
      next_command: 'tally run',
    });
    expect(noticeRun(run({ outcome: 'crashed' }))!.what).toBe(
      'tally run (run 7) died before its end. Nothing half-done was kept.',
    );
  });

  test('does not say again what its loads say, and nothing where all is well', () => {
    expect(noticeRun(run({ has_failed_loads: true }))).toBeUndefined();
    for (const outcome of ['done', 'held', 'interrupted'])
      expect(noticeRun(run({ outcome }))).toBeUndefined();
  });

  test('of a job points at its slots; of the last attempt that failed, the slot tells', () => {
    const errors = [{ code: 'job_timed_out', message: 'The job night was ended.', hint: null }];
    const attempt = run({ errors, job: 'night' });
    expect(noticeRun(attempt)).toMatchObject({
      job: 'night',
      code: 'job_timed_out',
      what: 'tally run (run 7) failed: The job night was ended.',
      next_command: 'tally schedule slots --job night',
    });
    expect(noticeRun({ ...attempt, has_failed_slot: true })).toBeUndefined();
  });

  test('of which someone mistook the command line is no alarm', () => {
    const errors = [{ code: 'unknown_load', message: 'There is no load 99.', hint: null }];
    expect(noticeRun(run({ command: 'load', errors }))).toBeUndefined();
  });
});

test('what is late is told for each day that is expected', () => {
  const state: AgencyState = {
    feed: 'orders',
    agency: 'agency_b',
    state: 'late',
    fresh_date: '2026-11-19',
    expected_date: '2026-11-20',
    rows_loaded: 1,
    rows_invalid: 0,
  };
  expect(noticeLateness(state)).toMatchObject({
    key: 'late orders agency_b 2026-11-20',
    what: 'orders of agency_b is late: expected 2026-11-20, the last is 2026-11-19.',
    next_command: 'tally status',
  });
  expect(noticeLateness({ ...state, state: 'missing', fresh_date: null })!.what).toContain(
    'nothing has come yet',
  );
  for (const other of ['fresh', 'held', 'failed'])
    expect(noticeLateness({ ...state, state: other })).toBeUndefined();
});

test('the same failure of the same file and day is known while it is open; another day or reason is not', () => {
  const failed = noticeLoad(load({ outcome: 'failed', code: 'file_unreadable' }), 5)!;
  const open = { ...failed, alarm_id: '1' };
  expect(isKnown({ ...failed, key: 'load 42 failed' }, [open])).toBe(true);
  expect(isKnown({ ...failed, code: 'file_empty' }, [open])).toBe(false);
  expect(isKnown({ ...failed, business_date: '2026-11-21' }, [open])).toBe(false);
  expect(isKnown({ ...failed, kind: 'held' }, [open])).toBe(false);
});
