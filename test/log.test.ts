import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallyError } from '../src/errors.js';
import { openLog, type Log } from '../src/log.js';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'tally-log-'));
});
afterEach(() => rmSync(workspace, { recursive: true }));

async function linesOf(log: Log): Promise<string[]> {
  log.end();
  await once(log, 'finish');
  return readFileSync(join(workspace, '.tally', 'tally.log'), 'utf8')
    .trimEnd()
    .split('\n');
}

const open = (logFormat: 'json' | 'pretty') =>
  openLog({ workspace, logLevel: 'info', logFormat, logTo: 'file' });

const failure = () =>
  new TallyError('file_missing', 'There is no file.', {
    cause: Object.assign(new Error('the cause'), { code: 'ENOENT' }),
  });

test('an error in the log has its code, its stack and its cause, and each line its run and load', async () => {
  const log = open('json');
  const child = log.child({ run_id: 3 }).child({ load_id: 7 });
  child.error('load failed', { error: failure() });
  child.debug('not at this level');
  const lines = await linesOf(log);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      level: 'error',
      message: 'load failed',
      run_id: 3,
      load_id: 7,
      error: {
        code: 'file_missing',
        message: 'There is no file.',
        stack: expect.stringMatching(/^TallyError: There is no file\.\n +at /),
        cause: { code: 'ENOENT', message: 'the cause', stack: expect.stringContaining('log.test.ts') },
      },
    },
  ]);
});

test('pretty lines are read from the left: when, how bad, what, which run and load; names cannot forge one', async () => {
  const log = open('pretty');
  const child = log.child({ run_id: 3 });
  child.info('load closed', { load_id: 7, outcome: 'loaded', file: 'Agency A.csv\nforged', rows: [1, 2] });
  child.error('load failed', { error: failure() });
  const [first, second, ...stack] = await linesOf(log);
  const moment = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} /;
  expect(first!.replace(moment, '')).toBe(
    'info  load closed run_id=3 load_id=7 outcome=loaded file="Agency A.csv\\nforged" rows=[1,2]',
  );
  expect(second!.replace(moment, '')).toBe('error load failed run_id=3 error="There is no file."');
  expect(stack[0]).toBe('    TallyError: There is no file.');
});
