import { setTimeout as sleep } from 'node:timers/promises';
import { edition, RATING } from '../data.js';
import { median } from '../measure.js';

// How long readers have to wait while an agency's rows are replaced. A `select count(*)` over ten million rows takes
// most of a second by itself, and several seconds where ten of them share two cores with a load: that is work, not
// waiting. So the wait is measured in two ways that the work does not blur:
//
// - Eight readers ask `select count(*) from (select from T limit 1)`, four at each isolation level, again and again.
//   It takes the same locks on the same tables as the full count, and otherwise a fraction of a millisecond: how long
//   it takes is how long it waited, for locks and for a core. The same is measured before, without a load; what is
//   told is the longest during the load, and how much that is beyond the median without one.
// - Two readers, one at each isolation level, count all rows. What they see must be one edition, whole: all rows of it
//   and one rating (each edition has its own), and in a repeatable read the same twice. Of their waits the server
//   tells: pg_locks.waitstart, looked at every 5 ms for all ten readers. That is waiting for locks alone.
//
// Meanwhile one query on the agency's table goes on for a minute (`pg_sleep`), so that the exchange has to try again
// and again: the worst that a loader can do to readers is to queue before them while it waits itself.

const TABLES = ['customer_rating_agency_a', 'customer_rating', 'bench_mine'];
const LEVELS = ['read committed', 'repeatable read'];
const MINUTE = 60;
const QUIET_SECONDS = 5;

export const about =
  "an analyst's day: ten readers at both isolation levels, on the agency's table, the consolidated one and a view, and one query that runs for a minute (ten seconds below 10 M rows), while the agency's rows are replaced.";

/** Each round lasts as long as the long query. */
export const defaults = { times: 2 };

export async function measure(server, { rows, times }, tell) {
  const longQuery = rows >= 10_000_000 ? MINUTE : 10;
  // Made before anyone is watched: to make ten million rows holds this process, and so all readers, up for seconds.
  const editions = Array.from({ length: times + 2 }, (_, rating) =>
    rating === 0 ? undefined : edition(server.data, rows + rating, rating),
  );
  const load = (rating) =>
    server.tallyAside(['load', editions[rating], '--feed', RATING.feed, '--agency', 'agency_a', '--force']);
  await load(1);
  server.psql('create view bench_mine as select * from customer_rating_agency_a');
  const isWhole = ({ n, low, high }) => low === high && Number(n) === rows + low;

  const quiet = await watch(server, isWhole, () => sleep(QUIET_SECONDS * 1000));
  const before = await deadlocks(server);
  const busy = await watch(server, isWhole, async () => {
    for (let round = 1; round <= times; round++) {
      const analyst = await server.connect('bench analyst');
      const asking = analyst.query(
        `select count(*), pg_sleep(${longQuery}) from (select from ${TABLES[0]} limit 1) as first`,
      );
      await Promise.all([load(1 + round), asking]);
      await analyst.end();
    }
  });

  for (const table of TABLES) {
    for (const level of LEVELS) {
      const [without, during] = [quiet, busy].map(({ probes }) => probes.get(`${table} ${level}`));
      tell({
        name: table,
        at: level,
        longest_ms: Math.max(...during),
        beyond_ms: Math.max(...during) - median(without),
        without_load_ms: median(without),
        longest_without_ms: Math.max(...without),
        probes: during.length,
      });
    }
  }
  tell({ name: 'longest wait for a lock, as the server tells', all_ms: busy.longestLockWait, loads: times });
  tell({
    name: 'full counts',
    counted: busy.counts,
    not_whole: busy.notWhole,
    empty: busy.empty,
    changed_within_a_repeatable_read: busy.changed,
    errors: busy.errors.length,
    deadlocks: (await deadlocks(server)) - before,
    note: busy.errors[0],
  });
}

/** Ten readers and an observer, while `work` goes on. */
async function watch(server, isWhole, work) {
  const seen = {
    probes: new Map(TABLES.flatMap((table) => LEVELS.map((level) => [`${table} ${level}`, []]))),
    counts: 0,
    notWhole: 0,
    empty: 0,
    changed: 0,
    errors: [],
    longestLockWait: 0,
  };
  let done = false;
  const isDone = () => done;
  const watching = [
    ...Array.from({ length: 8 }, (_, i) => probe(server, seen, isDone, LEVELS[i % 2], i)),
    ...LEVELS.map((level) => count(server, seen, isDone, level, isWhole)),
    observe(server, seen, isDone),
  ];
  try {
    await work();
  } finally {
    done = true;
    await Promise.all(watching);
  }
  return seen;
}

async function probe(server, seen, isDone, level, first) {
  await reader(server, seen, async (client) => {
    for (let turn = first; !isDone(); turn++) {
      const table = TABLES[turn % TABLES.length];
      const began = process.hrtime.bigint();
      await client.query(`begin isolation level ${level}`);
      const { rows } = await client.query(
        `select count(*)::int as n from (select from ${table} limit 1) as first`,
      );
      await client.query('commit');
      seen.probes.get(`${table} ${level}`).push(Number(process.hrtime.bigint() - began) / 1e6);
      if (rows[0].n !== 1) seen.empty++;
      await sleep(5);
    }
  });
}

async function count(server, seen, isDone, level, isWhole) {
  await reader(server, seen, async (client) => {
    for (let turn = 0; !isDone(); turn++) {
      const table = TABLES[turn % TABLES.length];
      const sql = `select count(*) as n, min(customer_rating) as low, max(customer_rating) as high from ${table}`;
      await client.query(`begin isolation level ${level}`);
      const { rows } = await client.query(sql);
      if (level === 'repeatable read') {
        const { rows: again } = await client.query(sql);
        if (JSON.stringify(rows) !== JSON.stringify(again)) seen.changed++;
      }
      await client.query('commit');
      seen.counts++;
      if (rows[0].n === '0') seen.empty++;
      else if (!isWhole(rows[0])) seen.notWhole++;
    }
  });
}

async function observe(server, seen, isDone) {
  const client = await server.connect('bench observer');
  while (!isDone()) {
    const { rows } = await client.query(
      `select coalesce(max(extract(epoch from clock_timestamp() - waitstart)), 0)::float * 1000 as ms
       from pg_locks join pg_stat_activity using (pid)
       where application_name = 'bench reader' and not granted and waitstart is not null`,
    );
    seen.longestLockWait = Math.max(seen.longestLockWait, rows[0].ms);
    await sleep(5);
  }
  await client.end();
}

async function reader(server, seen, work) {
  const client = await server.connect('bench reader');
  try {
    await work(client);
  } catch (error) {
    seen.errors.push(error.message);
  } finally {
    await client.end();
  }
}

async function deadlocks(server) {
  const [{ deadlocks: number }] = await server.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  return number;
}
