// csv-parse, a zod schema for each row, and pg-copy-streams: written the usual way. Invalid rows go to a table too.
//   node csv-parse-zod-copy.js FILE URL
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import { COLUMNS, readRatings } from './rows.js';

const [file, url] = process.argv.slice(2);
const client = new pg.Client(url);
await client.connect();
await client.query('begin');
await client.query('truncate peer_rating, peer_invalid');

const invalid = [];
async function* validRows() {
  for await (const { row, ...fault } of readRatings(file)) {
    if (row) yield row;
    else invalid.push(fault);
  }
}
const copy = (table, columns) =>
  client.query(from(`copy ${table} (${columns.join()}) from stdin with (format csv)`));
await pipeline(Readable.from(validRows()), stringify({ columns: COLUMNS }), copy('peer_rating', COLUMNS));
const columns = ['line', 'raw', 'reason'];
await pipeline(Readable.from(invalid), stringify({ columns }), copy('peer_invalid', columns));
await client.query('commit');
await client.end();
