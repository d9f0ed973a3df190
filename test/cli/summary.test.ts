import { expect, test } from '@jest/globals';
import pc from 'picocolors';
import { exitCode, statusExitCode } from '../../src/cli/exitCode.js';
import { showSummary } from '../../src/cli/summary.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { TallyError } from '../../src/errors.js';
import type { LoadResult } from '../../src/load/delivery.js';
import type { Freshness } from '../../src/ledger/freshness.js';
import { emptyResult } from '../../src/load/result.js';
import type { RunSummary } from '../../src/run/pass.js';

const load = (file: string, rest: Partial<LoadResult>): LoadResult => ({
  ...emptyResult(file),
  outcome: 'loaded',
  ...rest,
});
const fresh = (agency: string, state: Freshness['state'], rest: Partial<Freshness>): Freshness => ({
  feed: 'customer_rating',
  agency,
  state,
  fresh_date: null,
  expected_date: '2024-03-05',
  due_at: new Date('2024-03-05T06:00:00Z'),
  rows_loaded: null,
  rows_invalid: null,
  live_load_id: null,
  last_load_id: null,
  last_message: null,
  ...rest,
});
const reason = { column: 'customer_number', rule: 'type', message: 'expected an integer, got `x1`' };
const empty: RunSummary = {
  runId: '7',
  loads: [],
  unmatched: [],
  notTried: [],
  waiting: [],
  reports: [],
  freshness: [],
  messages: [],
  errors: [],
};

function shown(summary: RunSummary): string {
  const lines: string[] = [];
  const say = (line = '') => void lines.push(line);
  const terminal = {
    json: false,
    quiet: false,
    colors: pc.createColors(false),
    say,
    alarm: say,
  } as unknown as Terminal;
  showSummary(terminal, summary, { nothing: 'Nothing new in the inbox.', freshness: true });
  return lines.join('\n');
}

test('a night in which everything happens, as one reads it at 3 a.m.', () => {
  const summary: RunSummary = {
    ...empty,
    loads: [
      load('orders.csv', {
        loadId: '11',
        feed: 'orders',
        agency: 'agency_a',
        businessDate: '2024-03-05',
        rowsRead: 2000,
        rowsLoaded: 2000,
        seconds: 0.01,
        live: true,
        warnings: [
          { column: null, rule: 'audit orders_in_the_future', count: 1, first_line: null },
          { column: 'status', rule: 'one_of', count: 2, first_line: 17 },
        ],
      }),
      load('b.csv', {
        loadId: '13',
        feed: 'customer_rating',
        agency: 'agency_b',
        businessDate: '2024-03-05',
        outcome: 'held',
        code: 'guard_invalid_percent',
        rowsRead: 1204,
        rowsLoaded: 400,
        rowsInvalid: 804,
        seconds: 0.1,
        reasons: [{ ...reason, count: 804, first_line: 9 }],
        message:
          "agency_b: 67 % of 1,204 rows are invalid, more than the guard's 50 %. The rows before stay.",
        hint: 'Look: tally invalid --load 13. Accept: tally load --accept-held 13',
      }),
      load('a.csv', {
        loadId: '12',
        feed: 'customer_rating',
        agency: 'agency_a',
        businessDate: '2024-03-05',
        rowsRead: 10,
        rowsLoaded: 9,
        rowsInvalid: 1,
        seconds: 0.001,
        reasons: [
          { ...reason, count: 1, first_line: 2 },
          {
            ...reason,
            column: 'customer_rating',
            rule: 'required',
            message: 'expected a value, got none',
            count: 1,
            first_line: 2,
          },
        ],
        drift: { extra: ['remark'], absent: [] },
      }),
      load('c.csv', {
        loadId: '14',
        feed: 'customer_rating',
        agency: 'agency_c',
        businessDate: '2024-03-05',
        outcome: 'failed',
        code: 'file_empty',
        message: 'The file is empty.',
        hint: 'Ask for the file again.',
      }),
      load('Customer Rating Agency Z Inc.csv', {
        feed: 'customer_rating',
        outcome: 'failed',
        code: 'unknown_agency',
        message: 'The agency `Agency Z` is not declared.',
      }),
      load('d.csv', {
        feed: 'customer_rating',
        agency: 'agency_d',
        businessDate: '2024-03-05',
        outcome: 'skipped',
        code: 'known',
        message: 'known',
        loadId: '3',
      }),
    ],
    unmatched: ['notes.txt'],
    errors: [
      new TallyError('output_unwritable', 'a.csv was loaded but could not be archived: EACCES', {
        hint: 'The next run archives it.',
      }),
    ],
    reports: [
      {
        report: 'customer_rating_aggregate',
        feed: 'customer_rating',
        date: '2024-03-05',
        file: '/elsewhere/Report_20240305.csv',
        rows: 1,
        sha256: '',
        same: false,
        late: [],
        withoutLoad: [],
      },
    ],
    freshness: [
      fresh('agency_a', 'fresh', { fresh_date: '2024-03-05' }),
      fresh('agency_b', 'held', { fresh_date: '2024-03-04', last_load_id: 13 }),
      fresh('agency_c', 'failed', { fresh_date: '2024-03-04', last_load_id: 14 }),
      fresh('agency_d', 'fresh', { fresh_date: '2024-03-05' }),
      fresh('agency_e', 'late', { fresh_date: '2024-03-04' }),
      fresh('agency_f', 'missing', { fresh_date: null }),
      fresh('agency_g', 'missing', { fresh_date: '2024-02-28' }),
      fresh('agency_a', 'fresh', { feed: 'orders', expected_date: null }),
    ],
  };
  expect(shown(summary)).toBe(
    [
      'feed             agency    date         rows  loaded  invalid      %   rows/s  outcome',
      'customer_rating  agency_a  2024-03-05     10       9        1  10.00   10,000  loaded',
      'customer_rating  agency_b  2024-03-05  1,204     400      804  66.78   12,040  held',
      'customer_rating  agency_c  2024-03-05                                          failed',
      'orders           agency_a  2024-03-05  2,000   2,000        0   0.00  200,000  loaded',
      '',
      'Customer Rating Agency Z Inc.csv (failed): The agency `Agency Z` is not declared.',
      'c.csv (failed, load 14): The file is empty.',
      '  Ask for the file again.',
      "b.csv (held, load 13): agency_b: 67 % of 1,204 rows are invalid, more than the guard's 50 %. The rows before stay.",
      '  Look: tally invalid --load 13. Accept: tally load --accept-held 13',
      '',
      'Most frequent reasons:',
      '  805 x customer_number: expected an integer, got `x1`  (b.csv, line 9) and 1 other file',
      '  1 x customer_rating: expected a value, got none  (a.csv, line 2)',
      '  all of them: tally invalid',
      '',
      'a.csv has columns that its feed does not know, left out: remark',
      'Warning: orders.csv: audit orders_in_the_future: 1 row',
      'Warning: orders.csv: status, one_of: 2 rows, first on line 17',
      'Known already, not loaded again: d.csv',
      'No feed has such names, left alone: notes.txt',
      'Error (output_unwritable): a.csv was loaded but could not be archived: EACCES',
      '  The next run archives it.',
      'Written: /elsewhere/Report_20240305.csv (1 row)',
      'Fresh, customer_rating: agency_a, agency_d',
      'Late, customer_rating expected 2024-03-05: agency_e (has 2024-03-04)',
      'Missing, customer_rating expected 2024-03-05: agency_f (nothing yet), agency_g (has 2024-02-28)',
      'Held, customer_rating: agency_b (load 13)',
      'Failed, customer_rating: agency_c (load 14)',
    ].join('\n'),
  );
});

test('of many agencies that are fresh only the number is told', () => {
  const many = Array.from({ length: 200 }, (_, i) => fresh(`agency_${i}`, 'fresh', {}));
  const text = shown({ ...empty, freshness: [...many, fresh('agency_z', 'late', {})] });
  expect(text).toContain('Fresh, customer_rating: 200 agencies\nLate, customer_rating expected');
});

test('a night without anything to do is one line', () => {
  expect(shown(empty)).toBe('Nothing new in the inbox.');
  expect(shown({ ...empty, unmatched: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })).toBe(
    'No feed has such names, left alone: a, b, c, d, e and 2 more\nNothing new in the inbox.',
  );
});

test('an interrupted run says what was not done', () => {
  const loads = [
    load('a.csv', {
      loadId: '1',
      feed: 'orders',
      agency: 'agency_a',
      businessDate: '2024-03-05',
      outcome: 'failed',
      code: 'interrupted',
      message: 'Interrupted.',
    }),
  ];
  expect(shown({ ...empty, loads, notTried: ['b.csv', 'c.csv'] })).toContain(
    'Not tried: b.csv, c.csv\n  The next run goes on with them: tally run',
  );
});

test('names from outside cannot write to the terminal', () => {
  const text = shown({
    ...empty,
    loads: [
      load('a\u001b[2J\n.csv', {
        outcome: 'failed',
        code: 'file_missing',
        message: 'got `\u001b]0;x\u0007`',
        hint: 'tally agencies add "\u001b[31m"',
      }),
    ],
    unmatched: ['\u001b[31m'],
  });
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(text.split('\n')).toHaveLength(4);
});

test('exit codes: 0 done, 3 held, 1 failed or interrupted, 2 where only usage and configuration are at fault', () => {
  const failed = (code: string) => load('a.csv', { outcome: 'failed', code });
  expect(exitCode(empty, 'done')).toBe(0);
  expect(exitCode(empty, 'held')).toBe(3);
  expect(exitCode(empty, 'interrupted')).toBe(1);
  expect(exitCode({ ...empty, loads: [failed('file_empty')] }, 'failed')).toBe(1);
  expect(exitCode({ ...empty, loads: [failed('unknown_agency')] }, 'failed')).toBe(2);
  expect(exitCode({ ...empty, loads: [failed('unknown_agency'), failed('file_empty')] }, 'failed')).toBe(1);
  expect(exitCode({ ...empty, errors: [new TallyError('output_unwritable', '')] }, 'failed')).toBe(1);
});

test('status exits with 3 where somebody must look', () => {
  expect(statusExitCode({ agencies: [] })).toBe(0);
  expect(statusExitCode({ agencies: [fresh('agency_a', 'fresh', {})] })).toBe(0);
  for (const state of ['late', 'missing', 'held', 'failed'] as const) {
    const agencies = [fresh('agency_a', 'fresh', {}), fresh('agency_b', state, {})];
    expect(statusExitCode({ agencies })).toBe(3);
  }
});
