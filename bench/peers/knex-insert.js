// csv-parse, a zod schema for each row, and INSERTs of a thousand rows through knex. Invalid rows go to a table too.
//   node knex-insert.js FILE URL
import knex from 'knex';
import { readRatings } from './rows.js';

const BATCH = 1000;
const [file, url] = process.argv.slice(2);
const db = knex({ client: 'pg', connection: url });

await db.transaction(async (trx) => {
  await trx.raw('truncate peer_rating, peer_invalid');
  const waiting = { peer_rating: [], peer_invalid: [] };
  const put = async (table, row) => {
    waiting[table].push(row);
    if (waiting[table].length === BATCH) await trx(table).insert(waiting[table].splice(0));
  };
  for await (const { row, ...fault } of readRatings(file)) {
    if (row) await put('peer_rating', row);
    else await put('peer_invalid', fault);
  }
  for (const [table, rows] of Object.entries(waiting)) if (rows.length > 0) await trx(table).insert(rows);
});
await db.destroy();
