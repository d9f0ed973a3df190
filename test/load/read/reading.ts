import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { openContent } from '../../../src/content/content.js';
import type { Feed } from '../../../src/feeds/feed.js';
import type { Header } from '../../../src/load/read/header.js';
import { readRows } from '../../../src/load/read/read.js';
import { valueOf, type Row } from '../../../src/load/read/row.js';

const folder = mkdtempSync(join(tmpdir(), 'tally-read-'));
afterAll(() => rmSync(folder, { recursive: true }));

export interface ReadRow {
  line: number;
  raw: string;
  fields: string[];
  fault: number;
}

export interface ReadFile {
  header: Header;
  /** The columns of the file, in its order. */
  columns: (string | undefined)[];
  rows: ReadRow[];
}

/** What is read from a file with this content. */
export async function readFile(
  feed: Feed,
  content: string | Buffer,
  { name = 'things.csv', maxRowBytes = 1024 * 1024 } = {},
): Promise<ReadFile> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const limits = { maxUnpackedBytes: 2 ** 40, maxUnpackRatio: 200 };
  const opened = await openContent(path, name, { encoding: feed.encoding, limits });
  let header: Header | undefined;
  const rows: ReadRow[] = [];
  try {
    await readRows(opened, feed, maxRowBytes, {
      header: (found) => (header = found),
      row: (row) => rows.push(copyOf(row, feed)),
      afterBlock: () => Promise.resolve(),
    });
  } finally {
    await opened.close();
  }
  return { header: header!, columns: header!.fields.map((column) => column?.name), rows };
}

function copyOf(row: Row, feed: Feed): ReadRow {
  return {
    line: row.line,
    raw: row.bytes.toString('utf8', row.start, row.end),
    fields: Array.from({ length: row.count }, (_, i) =>
      valueOf(row, i, feed.quote.charCodeAt(0)).toString('utf8'),
    ),
    fault: row.fault,
  };
}

/** What was said when something was refused. */
export async function refusal(
  work: Promise<unknown>,
): Promise<{ code?: string; message?: string; hint?: string }> {
  try {
    await work;
    return {};
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return { code, message, hint };
  }
}
