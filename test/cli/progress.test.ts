import { expect, test } from '@jest/globals';
import { openProgress, progressLine } from '../../src/cli/progress.js';
import type { Terminal } from '../../src/cli/terminal.js';
import type { LoadResult } from '../../src/load/delivery.js';
import { emptyResult } from '../../src/load/result.js';

const half = { file: 'orders.csv', size: 1000, bytes: 500, rows: 3_000_000, seconds: 2 };

test('a bar tells the share, the rows a second and the time left', () => {
  expect(progressLine(half)).toBe('orders.csv [============------------] 50 %  1,500,000 rows/s, 2 s left');
});

test('before anything is read there is no speed to tell', () => {
  expect(progressLine({ ...half, bytes: 0, rows: 0, seconds: 0 })).toBe(
    'orders.csv [------------------------] 0 %',
  );
});

test('when all is read the rows are still to be published', () => {
  expect(progressLine({ ...half, bytes: 1000 })).toBe(
    'orders.csv [========================] 100 %  1,500,000 rows/s, publishing',
  );
});

test('a long time is told in minutes', () => {
  expect(progressLine({ ...half, bytes: 10, seconds: 2 })).toMatch(/, 3 min 18 s left$/);
});

test('a long name gives way: the line fits the terminal, and its end is there', () => {
  const line = progressLine({ ...half, file: `${'very '.repeat(40)}long.csv` }, 80);
  expect(line.length).toBeLessThan(80);
  expect(line).toMatch(/^very .*….*long\.csv \[.*2 s left$/);
  expect(progressLine({ ...half, file: 'a\u001b[2J\n.csv' })).toContain('a\\u001b[2J\\n.csv');
});

test('files that are read at the same time are told beside the first', () => {
  expect(progressLine(half, 80, 1)).toMatch(/^orders\.csv \(\+1\) \[=+-+\] 50 % /);
  expect(progressLine({ ...half, file: 'x'.repeat(200) }, 80, 12).length).toBeLessThan(80);
});

test('without a terminal a file gets one line when it is done', () => {
  const notes: string[] = [];
  const terminal = {
    json: false,
    quiet: false,
    note: (line: string) => notes.push(line),
  } as unknown as Terminal;
  const progress = openProgress(terminal, new AbortController().signal);
  const load: LoadResult = { ...emptyResult('a\nb.csv'), outcome: 'loaded', rowsRead: 1 };
  progress.progress({ delivery: { size: 10, fileName: 'a' } as never, bytes: 1, rows: 1 });
  progress.loaded(load);
  progress.loaded({ ...load, file: 'c.csv', outcome: 'held', rowsRead: 1200 });
  progress.loaded({ ...load, file: 'd.csv', outcome: 'failed', rowsRead: 0 });
  expect(notes).toEqual(['a\\nb.csv: loaded, 1 row', 'c.csv: held, 1,200 rows', 'd.csv: failed']);
});

test('with --json or --quiet nothing is told of progress', () => {
  const note = () => {
    throw new Error('said something');
  };
  for (const terminal of [
    { json: true, note },
    { quiet: true, note },
  ]) {
    const progress = openProgress(terminal as unknown as Terminal, new AbortController().signal);
    progress.loaded(emptyResult('a.csv'));
  }
});
