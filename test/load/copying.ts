import { once } from 'node:events';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import { hasLineNumbers, rowEncoding, type Feed } from '../../src/feeds/feed.js';
import { postgresType } from '../../src/feeds/type.js';
import { copyDelimiter } from '../../src/load/write.js';

const ENCODINGS = { 'utf-8': 'UTF8', latin1: 'LATIN1', 'windows-1252': 'WIN1252' };

/** A connection as a load has it. */
export async function connect(): Promise<pg.Client> {
  const client = new pg.Client(process.env.TEST_SERVER_URL);
  await client.connect();
  await client.query("set datestyle to 'ISO, YMD'; set timezone to 'UTC'");
  return client;
}

/** COPYs into a table of the feed's columns, and gives back what is in it then, as texts, in order. */
export async function copied(
  client: pg.Client,
  feed: Feed,
  columns: readonly string[],
  chunks: readonly Buffer[],
): Promise<(string | null)[][]> {
  const types = feed.columns.map((column) => `${column.name} ${postgresType(column.type)}`);
  const names = [...(hasLineNumbers(feed) ? ['line_number'] : []), ...columns];
  await client.query('begin');
  try {
    await client.query(
      `create temporary table copied (line_number bigint, ${types.join(', ')}) on commit drop`,
    );
    const stream = client.query(
      from(
        `copy copied (${names.join(', ')}) from stdin with (format text, delimiter ${literal(copyDelimiter(feed))}, ` +
          `null '', encoding '${ENCODINGS[rowEncoding(feed)]}')`,
      ),
    );
    const done = once(stream, 'finish');
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    await done;
    const texts = names.map((name) => `${name}::text`);
    const { rows } = await client.query({
      text: `select ${texts.join(', ')} from copied order by ctid`,
      rowMode: 'array',
    });
    return rows as (string | null)[][];
  } finally {
    await client.query('rollback');
  }
}

/** A value as it stands in what COPY reads as text, between commas. */
export function escaped(value: string): string {
  return value.replace(/[\\,]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function literal(text: string): string {
  return pg.escapeLiteral(text);
}
