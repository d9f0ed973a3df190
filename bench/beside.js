import { inTurns, median, ratio } from './measure.js';

/**
 * A load beside psql, in turns. `psql` does TRUNCATE and COPY in one transaction, into a table with the same columns
 * and indexes as the agency's: what a person would write who has no Tallyhouse.
 * `copied` is the file that psql gets, and `names` its columns, where they are not those of the table.
 */
export async function besidePsql(server, times, { feed, file, copied = file, columns, names }) {
  const list = names ?? columns.map((column) => column.split(' ')[0]);
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
    psql: () =>
      server.psql(
        'begin',
        'truncate bench_copy',
        `\\copy bench_copy (${list.join(', ')}) from '${copied}' with (format csv, header)`,
        'commit',
      ),
  });
  server.psql('drop table bench_copy');
  return {
    tally_s: median(seconds.tally),
    psql_s: median(seconds.psql),
    ratio: ratio(seconds.tally, seconds.psql),
    peak_MB: server.takePeak(),
  };
}
