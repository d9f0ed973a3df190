import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { to } from 'pg-copy-streams';
import { parse } from 'yaml';
import { zip, zstd } from '../content/packing.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

/**
 * Each folder beside this file is a case: whole nights, with what has to come of them to the byte.
 *
 *   case.yaml       says: what it is about; nights: [{ now, in }], each with a moment and the folder that is
 *                   delivered then; settings: what else would stand in the environment
 *   in/…            what is delivered, byte for byte
 *   agencies.yaml   instead of the ones that ship; the same for feeds/
 *   expected/output/…       every file of output/ after the last night
 *   expected/files.txt      what lies in inbox/ and archive/ after it
 *   expected/RELATION.csv   what PostgreSQL says of a table or view, or of one of ANSWERS
 *
 * A file that went wrong becomes a case by copying it. `GOLDEN=write npm test -- golden` writes what came of it
 * to expected/, to be read before it is believed.
 */

const HERE = dirname(fileURLToPath(import.meta.url));

interface Case {
  says: string;
  nights: { now: string; in: string }[];
  settings?: Record<string, string>;
  /** Of a file of `in/`, which is text to be read here, how it is delivered. */
  delivered?: Record<string, { as: string; encoding?: BufferEncoding; container?: keyof typeof CONTAINERS }>;
}

/** Each in the one form that is the same whatever packs it. */
const CONTAINERS = {
  gzip: (bytes: Buffer) => gzipSync(bytes, { level: 0 }),
  zstd: (bytes: Buffer) => zstd(bytes),
  zip: (bytes: Buffer) => zip([{ name: 'export.csv', content: bytes, stored: true }]),
};

/** What is asked of the ledger: all that does not depend on the machine and the moment. */
const ANSWERS: Record<string, string> = {
  loads: `select load_id, run_id, feed, agency, business_date, file_name, outcome, code, live, rows_read, rows_loaded, rows_invalid,
      rows_repeated, message from tally.loads order by load_id`,
  invalid: `select load_id, agency, file_name, line_number, tally.readable(raw, encoding) as raw, summary from file_invalid_rows
      order by load_id, line_number`,
  drift: `select load_id, file_name, drift ->> 'extra' as extra, drift ->> 'absent' as absent from tally.loads order by load_id`,
};

const names = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test.each(names.map((entry) => entry.name))('%s', async (name) => {
  const folder = join(HERE, name);
  const { nights, settings, delivered = {} } = parse(readFileSync(join(folder, 'case.yaml'), 'utf8')) as Case;
  const workspace = await createWorkspace();
  for (const own of ['agencies.yaml', 'feeds']) {
    if (existsSync(join(folder, own)))
      cpSync(join(folder, own), join(workspace.folder, own), { recursive: true });
  }
  for (const night of nights) {
    workspace.now = new Date(night.now);
    for (const file of filesBelow(join(folder, night.in)))
      deliver(workspace, file, readFileSync(join(folder, night.in, file)), delivered[file]);
    await workspace.run(settings);
  }

  const expected = join(folder, 'expected');
  const output = Object.fromEntries(
    filesBelow(join(workspace.folder, 'output')).map((file) => [file, workspace.read(`output/${file}`)]),
  );
  const files = ['inbox', 'archive']
    .flatMap((place) => filesBelow(join(workspace.folder, place)).map((file) => `${place}/${file}\n`))
    .join('');
  if (process.env.GOLDEN === 'write') await write(workspace, expected, output, files);
  const wanted = filesBelow(join(expected, 'output')).map((file) => [
    file,
    readFileSync(join(expected, 'output', file), 'utf8'),
  ]);
  expect(output).toEqual(Object.fromEntries(wanted));
  expect(files).toBe(readFileSync(join(expected, 'files.txt'), 'utf8'));
  for (const file of answersIn(expected)) {
    expect({ [file]: await answer(workspace, file) }).toEqual({
      [file]: readFileSync(join(expected, file), 'utf8'),
    });
  }
});

function deliver(
  workspace: Workspace,
  file: string,
  bytes: Buffer,
  how: NonNullable<Case['delivered']>[string] = { as: file },
): void {
  const encoded = how.encoding ? Buffer.from(bytes.toString('utf8'), how.encoding) : bytes;
  workspace.write(`inbox/${how.as}`, how.container ? CONTAINERS[how.container](encoded) : encoded);
}

/** The answers that a case wants: the .csv files that lie in its expected/. */
function answersIn(expected: string): string[] {
  return readdirSync(expected).filter((file) => file.endsWith('.csv'));
}

async function answer({ url }: Workspace, file: string): Promise<string> {
  const name = file.slice(0, -'.csv'.length);
  const select =
    ANSWERS[name] ??
    `select each.* from ${pg.escapeIdentifier(name)} as each order by each::text collate "C"`;
  const client = new pg.Client(url);
  await client.connect();
  try {
    const stream = client.query(to(`copy (${select}) to stdout with (format csv, header)`));
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    await once(stream, 'end');
    return text;
  } finally {
    await client.end();
  }
}

async function write(
  workspace: Workspace,
  expected: string,
  output: Record<string, string>,
  files: string,
): Promise<void> {
  rmSync(join(expected, 'output'), { recursive: true, force: true });
  mkdirSync(join(expected, 'output'), { recursive: true });
  for (const [file, text] of Object.entries(output)) writeFileSync(join(expected, 'output', file), text);
  writeFileSync(join(expected, 'files.txt'), files);
  for (const file of new Set(['loads.csv', 'invalid.csv', ...answersIn(expected)])) {
    writeFileSync(join(expected, file), await answer(workspace, file));
  }
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
