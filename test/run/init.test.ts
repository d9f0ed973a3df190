import { afterAll, beforeEach, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace } from '../../src/run/init.js';
import { readConfig } from '../../src/config.js';
import { loadAgencies } from '../../src/feeds/agencies.js';
import { loadFeeds } from '../../src/feeds/feed.js';

const root = mkdtempSync(join(tmpdir(), 'tally-init-'));
let folder: string;
let count = 0;
beforeEach(() => {
  folder = join(root, String(++count));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a new workspace has what ships, and can be used', () => {
  const made = createWorkspace(folder, { samples: false });
  expect(made.folder).toBe(folder);
  expect(made.files).toEqual(
    expect.arrayContaining([
      '.env.example',
      '.gitignore',
      'agencies.yaml',
      'destinations.yaml',
      'docs/destinations.schema.json',
      'feeds/customer_rating.yaml',
      'docs/feed.schema.json',
    ]),
  );
  expect(readdirSync(join(folder, 'inbox'))).toEqual([]);
  expect(existsSync(join(folder, 'output'))).toBe(true);
  expect(loadFeeds(folder).map((feed) => feed.name)).toContain('usage_events');
  expect(loadAgencies(folder).list).toEqual([]);
  expect(readConfig(folder, {}).timeZone).toBe('UTC');
});

test('with samples it has deliveries, and the agencies that sent them', () => {
  const { files } = createWorkspace(folder, { samples: true });
  expect(files).toContain('inbox/Customer Rating Agency A Inc.csv');
  expect(loadAgencies(folder).list.map((agency) => agency.key)).toEqual([
    'agency_a',
    'agency_b',
    'agency_c',
    'agency_d',
  ]);
});

test('what lies in the folder already stays as it is', () => {
  mkdirSync(folder);
  for (const file of ['agencies.yaml', '.gitignore', '.env.example'])
    writeFileSync(join(folder, file), 'mine');
  createWorkspace(folder, { samples: true });
  for (const file of ['agencies.yaml', '.gitignore', '.env.example'])
    expect(readFileSync(join(folder, file), 'utf8')).toBe('mine');
});

test('a folder that is a workspace already is left alone', () => {
  createWorkspace(folder, { samples: false });
  expect(() => createWorkspace(folder, { samples: true })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});

test('a folder that cannot be made is told', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => createWorkspace(join(root, 'file', 'workspace'), { samples: false })).toThrow(
    expect.objectContaining({ code: 'output_unwritable' }),
  );
});
