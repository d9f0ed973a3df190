import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadFiles } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { createWorkspace } from '../setup/workspace.js';

const NAMES = 'customer_number,customer_rating,customer_rating_limit,customer_status';

test('a file that changes while it is read is refused, also if its size and its time stay the same', async () => {
  const workspace = await createWorkspace();
  const name = 'in/customer_rating_agency_a.csv';
  workspace.write(name, `${NAMES}\n1,2,3,before\n`);
  expect(await workspace.load(name)).toMatchObject({ outcome: 'loaded' });

  const rows = (status: string) =>
    [NAMES, ...Array.from({ length: 100_000 }, (_, i) => `${i},10,20,${status}`), ''].join('\n');
  const path = workspace.write(name, rows('aaa'));
  const time = new Date('2026-11-20T10:00:00Z');
  utimesSync(path, time, time);
  let blocks = 0;
  const watching = {
    signal: new AbortController().signal,
    loaded: () => {},
    progress: () => {
      if (blocks++ > 0) return;
      writeFileSync(path, rows('bbb'));
      utimesSync(path, time, time);
    },
  };
  const clock = { now: () => workspace.now };
  const { loads } = await inSession({ config: workspace.config(), clock, command: 'load' }, (session) =>
    loadFiles(session, watching, [join(workspace.folder, name)], { force: true, said: {} }),
  );
  expect(blocks).toBeGreaterThan(1);
  expect(loads[0]).toMatchObject({
    outcome: 'failed',
    code: 'file_changed',
    message:
      'The file changed while it was read: it was written to or exchanged for another. Nothing was loaded; the rows before stay.',
  });
  expect(await workspace.query('select customer_status from customer_rating_agency_a')).toEqual([
    { customer_status: 'before' },
  ]);
  expect(await workspace.load(name)).toMatchObject({ outcome: 'loaded', rowsLoaded: 100_000 });
});
