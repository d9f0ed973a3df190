import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { RATING, ratings } from '../data.js';
import { inTurns, median, ratio, timed } from '../measure.js';

export const about =
  'other ways to load a file with 0.4 % invalid rows, valid rows into one table and invalid ones into another, in one transaction. pgloader writes invalid rows to a file, and has no transaction around all.';

/** The slowest of them takes half a minute for a million rows. */
export const defaults = { rows: 200_000, times: 3 };

export async function measure(server, { rows, times }, tell) {
  const file = ratings(server.data, rows, 0.004);
  const expected = await loadedRows(server, file);
  // A database of their own on the same server: pgloader finds none whose name has capitals.
  await server.query('create database bench_peers');
  const url = server.url.replace('/CustomerRatingData', '/bench_peers');
  const database = new pg.Client(url);
  await database.connect();
  await database.query(
    `create table peer_rating (agency text not null default 'agency_a', ${RATING.columns.join(', ')});
     create table peer_invalid (line bigint, raw text, reason text)`,
  );
  const peers = Object.fromEntries(
    Object.entries(waysOf(server, file, url)).filter(([name, { missing }]) => {
      if (missing) tell({ name, skipped: missing });
      return !missing;
    }),
  );
  server.takePeak();
  const seconds = inTurns(times, {
    tally: () => {
      server.psql('truncate file_invalid_rows');
      return load(server, file);
    },
    ...Object.fromEntries(Object.entries(peers).map(([name, { way }]) => [name, way])),
  });
  tell({ name: 'tally load', rows, tally_s: median(seconds.tally), peak_MB: server.takePeak() });
  for (const [name, { way }] of Object.entries(peers)) {
    // Fast is no use where rows are missing: each has to have loaded the same.
    way();
    const {
      rows: [{ count }],
    } = await database.query('select count(*)::int as count from peer_rating');
    if (count !== expected) throw new Error(`${name} loaded ${count} rows, tally ${expected}`);
    tell({
      name,
      rows,
      peer_s: median(seconds[name]),
      times_slower_than_tally: ratio(seconds[name], seconds.tally),
    });
  }
  await database.end();
}

function load(server, file) {
  return server.tally(['load', file, '--feed', RATING.feed, '--agency', 'agency_a', '--force']);
}

async function loadedRows(server, file) {
  load(server, file);
  const [{ count }] = await server.query('select count(*)::int as count from customer_rating_agency_a');
  return count;
}

/** `{ name: { way } }`, or `{ missing }` where the machine has not what it needs: the bench installs nothing. */
function waysOf(server, file, url) {
  const peer = (name) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));
  const node = (name) => ({ way: () => timed(process.execPath, [peer(name), file, url], {}) });
  const python = ['python3', '/usr/bin/python3'].find((each) =>
    runs(each, ['-c', 'import pandas, psycopg2']),
  );
  const pandas = (how) =>
    python
      ? { way: () => timed(python, [peer('pandas-psycopg2.py'), file, url, how], {}) }
      : { missing: 'python3 with pandas and psycopg2 is not here' };
  return {
    'csv-parse + zod + COPY': node('csv-parse-zod-copy.js'),
    'csv-parse + zod + knex INSERT': node('knex-insert.js'),
    'pandas + psycopg2, COPY': pandas('copy'),
    'pandas + psycopg2, INSERT': pandas('insert'),
    pgloader: pgloader(server, file, url),
  };
}

function pgloader(server, file, url) {
  if (!runs('pgloader', ['--version'])) return { missing: 'pgloader is not here' };
  const script = join(server.folder, 'ratings.load');
  const names = RATING.header;
  writeFileSync(
    script,
    `load csv from '${file}' (${names})
  into ${url}
  target table public.peer_rating (${names})
  with truncate, skip header = 1, fields optionally enclosed by '"', fields terminated by ',';
`,
  );
  // It exits with 0 all the same when rows are invalid.
  return {
    way: () => timed('pgloader', ['--quiet', '--root-dir', join(server.folder, 'pgloader'), script], {}),
  };
}

function runs(command, args) {
  return spawnSync(command, args).status === 0;
}
