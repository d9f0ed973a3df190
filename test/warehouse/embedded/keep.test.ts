import { mkdir } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { isKept, keep, unkeep } from '../../../src/warehouse/embedded/keep.js';
import { findPlace } from '../../../src/warehouse/embedded/place.js';
import { newWorkspace, removeWorkspaces } from './workspaces.js';

afterEach(removeWorkspaces);

test('the mark holds for one run of the server, and for no other', async () => {
  const place = await findPlace(await newWorkspace());
  await mkdir(place.folder);
  const run = { pid: 4711, started: '1700000000', port: 5432, status: 'ready' };
  expect(await isKept(place, run)).toBe(false);

  await keep(place, run);
  expect(await isKept(place, run)).toBe(true);
  expect(await isKept(place, { ...run, pid: 4712 })).toBe(false);
  expect(await isKept(place, { ...run, started: '1700000060' })).toBe(false);

  await unkeep(place);
  expect(await isKept(place, run)).toBe(false);
});
