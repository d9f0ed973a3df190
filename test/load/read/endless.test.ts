import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(join(tmpdir(), 'tally-endless-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SRC = fileURLToPath(new URL('../../../dist/', import.meta.url));
const MEGABYTE = 1024 * 1024;

/** Reads a file in a process of its own, and says what it found and how much memory it took at most. */
const CHILD = `
const { openContent } = await import('SRC/content/content.js');
const { readRows } = await import('SRC/load/read/read.js');
const { readFeed } = await import('SRC/feeds/feed.js');
const { feed } = readFeed('feeds/things.yaml', 'title: Things.\\nfiles: [things.csv]\\nmode: replace\\ncolumns: [{name: id, type: integer}, {name: name, type: text}]');
const limits = { maxBytes: 1e12, maxRatio: 1e6 };
const content = await openContent(process.argv[1], 'things.csv', { encoding: 'utf-8', limits });
let rows = 0, broken = [], most = 0;
await readRows(content, feed, 1024 * 1024, {
  header() {},
  row(row) {
    rows++;
    if (row.fault !== 0) broken.push(row.line);
  },
  async afterBlock() {
    const { heapUsed, external } = process.memoryUsage();
    most = Math.max(most, heapUsed + external);
  },
});
await content.close();
console.log(JSON.stringify({ rows, broken, most }));
`.replaceAll('SRC', SRC.replace(/\/$/, ''));

async function readApart(path: string): Promise<{ rows: number; broken: number[]; most: number }> {
  // Room for no more than a part of the file.
  const child = spawn(process.execPath, [
    '--max-old-space-size=64',
    '--input-type=module',
    '-e',
    CHILD,
    path,
  ]);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(said) as { rows: number; broken: number[]; most: number };
}

function write(
  name: string,
  megabytes: number,
  start: string,
  line: string,
): { path: string; lines: number } {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  const lines = Math.ceil(MEGABYTE / line.length);
  const block = line.repeat(lines);
  writeSync(file, start);
  for (let i = 0; i < megabytes; i++) writeSync(file, block);
  closeSync(file);
  return { path, lines: lines * megabytes };
}

test('a quote that is never closed costs one line of 200 MB, in bounded memory', async () => {
  const { path, lines } = write('unclosed.csv', 200, 'id,name\n1,"stray\n', '12345,some text of a row\n');
  const { rows, broken, most } = await readApart(path);
  expect({ rows, broken }).toEqual({ rows: lines + 1, broken: [2] });
  expect(most).toBeLessThan(48 * MEGABYTE);
});

test('a quote on every line, none of them closed, in bounded memory', async () => {
  // Each line closes what the one before has opened, and is followed by text.
  const { path, lines } = write('open.csv', 20, 'id,name\n', `1,"${'x'.repeat(1000)}\n`);
  const { rows, broken, most } = await readApart(path);
  expect({ rows, broken: broken.length }).toEqual({ rows: lines, broken: lines });
  expect(most).toBeLessThan(48 * MEGABYTE);
});
