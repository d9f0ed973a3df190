import { mkdir, readdir } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { readPassword, settlePassword } from '../../../src/warehouse/embedded/password.js';
import { findPlace } from '../../../src/warehouse/embedded/place.js';
import { newWorkspace, removeWorkspaces } from './workspaces.js';

afterEach(removeWorkspaces);

test('everyone who settles a password at once gets the same one', async () => {
  const place = await findPlace(await newWorkspace());
  await mkdir(place.folder);
  const settled = await Promise.all(Array.from({ length: 20 }, () => settlePassword(place)));
  expect(new Set(settled).size).toBe(1);
  expect(await readPassword(place)).toBe(settled[0]);
  expect(await readdir(place.folder)).toEqual(['postgres.password']);
});

test('each workspace has its own', async () => {
  const places = [await findPlace(await newWorkspace()), await findPlace(await newWorkspace())];
  const settled = [];
  for (const place of places) {
    await mkdir(place.folder);
    settled.push(await settlePassword(place));
  }
  expect(settled[0]).not.toBe(settled[1]);
});
