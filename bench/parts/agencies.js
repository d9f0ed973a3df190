import { linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate, random, RATING } from '../data.js';
import { inTurns, median, ratio } from '../measure.js';

const AGENCIES = 200;

export const about = `a night of ${AGENCIES} agencies in one \`tally run\`, --rows among them all; psql does the same TRUNCATEs and COPYs, a transaction each, in one process over one connection. Then ${AGENCIES} files of ten rows: what a file costs beyond what psql needs for it, start and end of the process taken off.`;

export async function measure(server, { rows, times }, tell) {
  const agencies = Array.from({ length: AGENCIES }, (_, i) => `n${String(i).padStart(3, '0')}`);
  writeFileSync(
    join(server.workspace, 'agencies.yaml'),
    `agencies:\n${agencies.map((key) => `  ${key}: { name: ${key} }\n`).join('')}`,
  );
  server.psql(
    ...agencies.map(
      (key) =>
        `create table bench_${key} (agency text not null default '${key}', ${RATING.columns.join(', ')})`,
    ),
  );
  const night = nights(server, agencies);
  // The small ones first: far fewer rows than the night before would be held by the guard.
  const small = night(10, times);
  const perFile = (seconds, empty) => ((seconds - empty) * 1000) / AGENCIES;
  const psql = perFile(small.one.psql_s, small.emptyPsql);
  for (const [jobs, { tally_s: seconds }] of [
    [1, small.one],
    [2, small.two],
  ]) {
    const tally = perFile(seconds, small.emptyTally);
    tell({
      name: `a file of ten rows, --jobs ${jobs}`,
      tally_ms: tally,
      psql_ms: psql,
      beyond_copy_ms: tally - psql,
    });
  }

  const each = Math.ceil(rows / AGENCIES);
  const large = night(each, times);
  tell({ name: `${AGENCIES} files, --jobs 1`, rows_each: each, ...large.one });
  tell({ name: `${AGENCIES} files, --jobs 2`, rows_each: each, ...large.two });
}

/** Nights of so many rows for each agency. No night has the content of the one before, or it would be unchanged. */
function nights(server, agencies) {
  const inbox = join(server.workspace, 'inbox');
  let day = 0;
  const deliver = (rows) => {
    day++;
    const date = new Date(Date.UTC(2024, 0, day)).toISOString().slice(0, 10).replaceAll('-', '');
    const files = agencies.map((key, i) => {
      const next = random(1 + 2 * i + (day % 2));
      return generate(
        `${server.data}/night-${rows}-${key}-${day % 2}.csv`,
        rows,
        RATING.header,
        (row) => `${row},${Math.floor(next() * 100)},100,regular`,
      );
    });
    for (const name of readdirSync(inbox)) rmSync(join(inbox, name), { recursive: true });
    mkdirSync(inbox, { recursive: true });
    agencies.forEach((key, i) => linkSync(files[i], join(inbox, `customer_rating_${key}_${date}.csv`)));
    return files;
  };
  const copyAll = (files) => {
    const names = RATING.header;
    const script = files.map(
      (file, i) =>
        `begin;\ntruncate bench_${agencies[i]};\n\\copy bench_${agencies[i]} (${names}) from '${file}' with (format csv, header)\ncommit;\n`,
    );
    const path = join(server.folder, 'night.sql');
    writeFileSync(path, script.join(''));
    return server.psqlFile(path);
  };
  return (rows, times) => {
    let files = [];
    const peaks = { one: 0, two: 0 };
    const run = (which, jobs) => {
      files = deliver(rows);
      const seconds = server.tally(['run', '--jobs', String(jobs)]);
      peaks[which] = Math.max(peaks[which], server.takePeak());
      return seconds;
    };
    const seconds = inTurns(times, {
      one: () => run('one', 1),
      two: () => run('two', 2),
      psql: () => copyAll(files),
      // Everything in the inbox is known: what a run costs that loads nothing.
      emptyTally: () => server.tally(['run']),
      emptyPsql: () => copyAll([]),
    });
    const result = (which) => ({
      tally_s: median(seconds[which]),
      psql_s: median(seconds.psql),
      ratio: ratio(seconds[which], seconds.psql),
      peak_MB: peaks[which],
    });
    return {
      one: result('one'),
      two: result('two'),
      emptyTally: median(seconds.emptyTally),
      emptyPsql: median(seconds.emptyPsql),
    };
  };
}
