import { besidePsql } from '../beside.js';
import { barcodes, events } from '../data.js';
import { inTurns, median, ratio } from '../measure.js';

export const about =
  'keys. psql copies barcodes that are all unique into a table with the unique index: it would refuse the others; and events into a table with the primary key and the same known rows.';

export async function measure(server, { rows, times }, tell) {
  const columns = ['barcode varchar(64) unique', 'order_reference varchar(64)'];
  const unique = barcodes(server.data, rows);
  for (const [name, share] of [
    ['barcodes, unique', 0],
    ['barcodes, 1 % repeated', 0.01],
  ]) {
    const file = barcodes(server.data, rows, share);
    tell({
      name,
      rows,
      ...(await besidePsql(server, times, { feed: 'barcodes', file, copied: unique, columns })),
    });
  }
  await append(server, { rows, times }, tell);
}

async function append(server, { rows, times }, tell) {
  const known = events(server.data, rows);
  const fresh = Math.ceil(rows / 10);
  const file = events(server.data, fresh, rows);
  const names = 'customer_id, event_type, event_id, event_date, quantity';
  const copy = (path) => `\\copy bench_events (${names}) from '${path}' with (format csv, header)`;
  const load = (path) =>
    server.tally([
      'load',
      path,
      '--feed',
      'usage_events',
      '--agency',
      'agency_a',
      '--date',
      '2026-03-01',
      '--force',
    ]);
  server.psql(
    `create table bench_events (agency text not null default 'agency_a', load_id bigint not null default 1,
       line_number bigint not null default 1, customer_id varchar(64), event_type varchar(100), event_id varchar(100),
       event_date timestamptz, quantity integer, primary key (event_id))`,
    copy(known),
  );
  load(known);
  /** The known events only, as they were before the round. */
  const forget = (table) =>
    server.psql(
      `delete from ${table} where substr(event_id, 7)::bigint >= ${rows}`,
      `vacuum analyze ${table}`,
    );
  server.takePeak();
  const seconds = inTurns(times, {
    tally: () => {
      forget('usage_events_agency_a');
      return load(file);
    },
    psql: () => {
      forget('bench_events');
      return server.psql(copy(file));
    },
  });
  tell({
    name: 'append, new events to known ones',
    known: rows,
    new: fresh,
    tally_s: median(seconds.tally),
    psql_s: median(seconds.psql),
    ratio: ratio(seconds.tally, seconds.psql),
    peak_MB: server.takePeak(),
  });
}
