import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallyError } from '../src/errors.js';
import { openLog } from '../src/log.js';

test('an error in the log has its code, its stack and its cause', async () => {
  const workspace = mkdtempSync(join(tmpdir(), 'tally-log-'));
  const log = openLog({ workspace, logLevel: 'info' });
  const cause = Object.assign(new Error('the cause'), { code: 'ENOENT' });
  log.error('load failed', {
    load: '7',
    error: new TallyError('file_missing', 'There is no file.', { cause }),
  });
  log.debug('not at this level');
  log.end();
  await once(log, 'finish');
  const lines = readFileSync(join(workspace, '.tally', 'tally.log'), 'utf8')
    .trimEnd()
    .split('\n');
  rmSync(workspace, { recursive: true });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      level: 'error',
      message: 'load failed',
      load: '7',
      error: {
        code: 'file_missing',
        message: 'There is no file.',
        stack: expect.stringMatching(/^TallyError: There is no file\.\n +at /),
        cause: { code: 'ENOENT', message: 'the cause', stack: expect.stringContaining('log.test.ts') },
      },
    },
  ]);
});
