import { inTurns, median, ratio } from './measure.js';

/**
 * A load beside psql, in turns. `psql` does TRUNCATE and COPY in one transaction, into a table with the same columns
 * and indexes as the agency's: what a person would write who has no Tallyhouse.
 * `copied` is the file that psql gets, and `names` its columns, where they are not those of the table. With `same`
 * psql does it into the agency's own table too, which costs it more: that one is partitioned, so that readers of all
 * agencies need no union, and PostgreSQL finds the partition for each row.
 */
export async function besidePsql(server, times, { feed, file, copied = file, columns, names, same }) {
  const list = names ?? columns.map((column) => column.split(' ')[0]);
  const copyInto = (table) =>
    server.psql(
      'begin',
      `truncate ${table}`,
      `\\copy ${table} (${list.join(', ')}) from '${copied}' with (format csv, header)`,
      'commit',
    );
  server.psql(
    'drop table if exists bench_copy',
    `create table bench_copy (agency text not null default 'agency_a', ${columns.join(', ')})`,
  );
  server.takePeak();
  const seconds = inTurns(times, {
    tally: () => {
      server.psql('truncate file_invalid_rows');
      return server.tally(['load', file, '--feed', feed, '--agency', 'agency_a', '--force']);
    },
    psql: () => copyInto('bench_copy'),
    ...(same ? { same: () => copyInto(`${feed}_agency_a`) } : {}),
  });
  server.psql('drop table bench_copy');
  return {
    tally_s: median(seconds.tally),
    psql_s: median(seconds.psql),
    ratio: ratio(seconds.tally, seconds.psql),
    ...(same
      ? { psql_same_table_s: median(seconds.same), ratio_same_table: ratio(seconds.tally, seconds.same) }
      : {}),
    peak_MB: server.takePeak(),
  };
}
