import { describe, expect, test } from '@jest/globals';
import { TallyError } from '../../src/errors.js';
import { emptyResult } from '../../src/load/result.js';
import { afterAttempt, endedOf, type Ended } from '../../src/schedule/outcome.js';

const now = new Date('2026-11-21T02:30:00Z');
const job = { retries: 3, backoffMs: 60_000 };
const failed: Ended = { outcome: 'failed', code: 'database_lost', message: 'gone' };
const crashed: Ended = { outcome: 'crashed', message: 'died' };
const after = (ended: Ended, failures = 0, more = {}) =>
  afterAttempt({ ...job, ...more }, { failures, by_hand: false }, ended, now);

test('done is done, and held waits for a person', () => {
  expect(after({ outcome: 'done' })).toEqual({
    state: 'done',
    failures: 0,
    notBefore: null,
    finishedAt: now,
    code: null,
    message: null,
  });
  expect(after({ outcome: 'held', code: 'guard_empty', message: 'a.csv: empty' })).toMatchObject({
    state: 'held',
    finishedAt: now,
    code: 'guard_empty',
  });
});

describe('what failed', () => {
  test('is tried again as often as the job says, after pauses that double', () => {
    const pauses = [0, 1, 2].map((failures) => after(failed, failures).notBefore!.getTime() - now.getTime());
    expect(pauses).toEqual([60_000, 120_000, 240_000]);
    expect(after(failed, 0)).toMatchObject({
      state: 'waiting',
      failures: 1,
      finishedAt: null,
      code: 'database_lost',
    });
    expect(after(failed, 3)).toMatchObject({
      state: 'failed',
      failures: 4,
      finishedAt: now,
      notBefore: null,
    });
    expect(after(failed, 0, { retries: 0 })).toMatchObject({ state: 'failed', failures: 1 });
  });

  test('waits an hour at most, unless the job says more', () => {
    const pause = (backoffMs: number) =>
      after(failed, 90, { retries: 100, backoffMs }).notBefore!.getTime() - now.getTime();
    expect(pause(60_000)).toBe(3_600_000);
    expect(pause(7_200_000)).toBe(7_200_000);
  });

  test('is not tried again where nothing can be other the next time', () => {
    expect(after({ outcome: 'failed', code: 'file_empty', message: 'a.csv: empty' })).toMatchObject({
      state: 'failed',
    });
  });

  test('by hand is not tried again', () => {
    for (const ended of [failed, crashed, { outcome: 'interrupted', message: 'Ctrl+C' } as const])
      expect(afterAttempt(job, { failures: 0, by_hand: true }, ended, now)).toMatchObject({
        state: 'failed',
      });
  });
});

test('a crash is no fault of the job the first two times; an interruption never is', () => {
  const once = { retries: 0 };
  expect([0, 1, 2].map((failures) => after(crashed, failures, once).state)).toEqual([
    'waiting',
    'waiting',
    'failed',
  ]);
  expect(after({ outcome: 'interrupted', message: 'stopped' }, 7, once)).toEqual({
    state: 'waiting',
    failures: 7,
    notBefore: now,
    finishedAt: null,
    code: 'interrupted',
    message: 'stopped',
  });
});

describe('a pass that did not go well says so in a sentence', () => {
  const load = (outcome: 'failed' | 'held', code: string) => ({
    ...emptyResult('a.csv'),
    outcome,
    code,
    message: `because of ${code}`,
  });
  const result = {
    runId: '1',
    loads: [],
    unmatched: [],
    notTried: [],
    waiting: [],
    reports: [],
    freshness: [],
    messages: [],
    errors: [],
  };

  test('with what may go better the next time first', () => {
    const loads = [
      load('failed', 'file_empty'),
      load('failed', 'publish_blocked'),
      load('held', 'guard_empty'),
    ];
    expect(endedOf({ result: { ...result, loads }, outcome: 'failed' })).toEqual({
      outcome: 'failed',
      code: 'publish_blocked',
      message: 'a.csv: because of publish_blocked (and 1 more)',
    });
    const errors = [new TallyError('output_unwritable', 'full')];
    expect(endedOf({ result: { ...result, errors }, outcome: 'failed' })).toMatchObject({ message: 'full' });
    expect(endedOf({ result: { ...result, loads }, outcome: 'held' })).toMatchObject({ code: 'guard_empty' });
  });

  test('or done', () => {
    expect(endedOf({ result, outcome: 'done' })).toEqual({ outcome: 'done' });
    expect(endedOf({ result, outcome: 'interrupted' })).toMatchObject({ outcome: 'interrupted' });
  });
});
