import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase } from './database.js';
import { fuzz } from './fuzz.js';
import type { Database } from './loading.js';

/** The short form of `npm run fuzz`: the same files in every run, unless FC_SEED names others. */
const FILES = 2000;
const SEED = Number(process.env.FC_SEED ?? 20261121);

let database: Database & { close(): Promise<void> };
beforeAll(async () => void (database = await openDatabase()));
afterAll(() => database.close());

test(`${FILES} files are loaded as csv-parse reads them, COPY stores them and the rules judge them`, async () => {
  const seen = await fuzz(database, { files: FILES, seed: SEED });
  // What was looked at, so that a generator that makes nothing of a kind any more is noticed.
  expect(seen.files).toBe(FILES);
  expect(seen['files loaded']).toBe(FILES);
  expect(seen['whole loads']).toBe(FILES / 20 + 1);
  for (const [what, least] of Object.entries({
    'bytes of long files': 1024 * 1024 + 1,
    'rows loaded': 5000,
    'rows set aside': 2000,
    'files that csv-parse reads whole': 800,
    'raw texts that COPY reads alike': 3000,
    'cuts into blocks': 30_000,
    'broken rows': 20,
    'broken rows of several lines': 10,
    'broken rows of which nobody can tell which': 5,
    'refused: header_missing_column': 5,
    'refused: header_duplicate': 1,
    'refused: header_malformed': 5,
    'refused: row_too_long': 5,
  }))
    expect({ what, seen: seen[what]! >= least }).toEqual({ what, seen: true });
}, 600_000);
