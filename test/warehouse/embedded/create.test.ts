import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { useEmbedded } from '../../../src/warehouse/embedded/embedded.js';
import { newWorkspace, removeWorkspaces } from './workspaces.js';

jest.setTimeout(120_000);
afterEach(removeWorkspaces);

test('what a crashed first start left is swept up, and what another is making stays', async () => {
  const workspace = await newWorkspace();
  const folder = join(workspace, '.tally');
  await mkdir(join(folder, 'tally-unfinished-crashed/data'), { recursive: true });
  await utimes(join(folder, 'tally-unfinished-crashed'), 1_700_000_000, 1_700_000_000);
  await mkdir(join(folder, 'tally-unfinished-underway/data'), { recursive: true });

  await (await useEmbedded(workspace)).release();
  expect((await readdir(folder)).sort()).toEqual([
    'postgres',
    'postgres.log',
    'postgres.password',
    'tally-unfinished-underway',
  ]);
});
