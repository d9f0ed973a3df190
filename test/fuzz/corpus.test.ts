import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { makeFeed } from '../feeds/making.js';
import { openDatabase } from './database.js';
import { Dice } from './dice.js';
import { checkFilling, checkLoad, type Database } from './loading.js';
import { checkReading } from './pure.js';

/**
 * Small files, one for each thing that can be in a file, with what must become of it. They go through the same
 * stages as the files that are made by chance, and what they say is what is compared first.
 */
interface Corpus {
  feed: { columns: (string | object)[] };
  max_row_bytes?: number;
  file?: string;
  base64?: string;
  /** The code of a file that is refused; else the rows of the table, and those that are set aside (bytes as Latin-1). */
  refused?: string;
  rows?: (string | null)[][];
  invalid?: { line: number; raw: string; reasons: string[] }[];
}

const FOLDER = join(fileURLToPath(new URL('.', import.meta.url)), 'corpus');
const names = readdirSync(FOLDER).map((name) => name.replace('.yaml', ''));
let database: Database & { close(): Promise<void> };
beforeAll(async () => void (database = await openDatabase()));
afterAll(() => database.close());

test.each(names)('%s', async (name) => {
  const corpus = parse(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')) as Corpus;
  const { columns, ...rest } = corpus.feed;
  const guards = { max_invalid_percent: 100, min_rows_percent: 0, empty: 'allow' };
  const made = {
    feed: makeFeed(columns, { guards, ...rest }),
    maxRowBytes: corpus.max_row_bytes ?? 1024 * 1024,
  };
  const file = corpus.file === undefined ? Buffer.from(corpus.base64!, 'base64') : Buffer.from(corpus.file);

  const fate = await checkReading(made, file, new Dice(1), {});
  const [loaded] = await checkFilling(database, made, [{ file, fate }], {});
  expect(loaded).toEqual(
    corpus.refused === undefined
      ? { rows: corpus.rows, invalid: corpus.invalid }
      : { refused: corpus.refused },
  );
  await checkLoad(database, made, { file, fate }, `corpus_${names.indexOf(name)}`, {});
});
