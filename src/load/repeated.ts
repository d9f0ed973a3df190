import type { Content } from '../content/content.js';
import { rowEncoding, uniqueGroups, type Feed } from '../feeds/feed.js';
import { sqlState } from '../warehouse/failure.js';
import { statement } from '../warehouse/statements.js';
import { shown, type Reason } from './check/reasons.js';
import { decode } from './check/texts.js';
import type { Delivery, LoadContext } from './delivery.js';
import type { InvalidRows } from './invalid.js';
import { readRows } from './read/read.js';
import { DOUBLED, undouble, type Row } from './read/row.js';
import { agencyTable, differs, versionTable } from './tables.js';

interface Repeated {
  /** Rows that were taken out of the version again, and are invalid. */
  invalid: number;
  /** Rows that are in the table already, key and values. */
  repeated: number;
}

interface RepeatedRow {
  line: number;
  firstLine: string;
  firstLoad: string | null;
}

/**
 * Uniqueness is PostgreSQL's: the index that the table needs anyway tells whether a key repeats, in bounded
 * memory at any size. Only if one does, the later rows are looked for, taken out, and read from the file once
 * more for their raw text.
 */
export async function setRepeatedAside(
  context: LoadContext,
  delivery: Delivery,
  loadId: string,
  content: Content,
  invalid: InvalidRows,
): Promise<Repeated> {
  const { client } = context;
  const { feed, agency } = delivery;
  const version = versionTable(loadId);
  const total: Repeated = { invalid: 0, repeated: 0 };
  const collect = async (columns: string[]) => {
    await client.query(statement('load/delete_repeated', { version }));
    const { rows } = await client.query<{ invalid: string; repeated: string }>(
      statement('load/count_repeated'),
    );
    const count = Number(rows[0]!.invalid);
    if (count > 0) await addRepeated(context, delivery, columns, content, invalid);
    else await client.query(statement('load/discard_repeated'));
    total.invalid += count;
    total.repeated += Number(rows[0]!.repeated);
  };

  for (const columns of uniqueGroups(feed)) {
    const index = statement('load/create_unique_index', { version, columns });
    if (await succeedsUniquely(context, index)) continue;
    const isKey = columns === feed.key;
    const found = statement('load/find_repeated', {
      version,
      columns,
      differs: isKey ? differs(feed) : 'true',
    });
    await client.query(found);
    await collect(columns);
    await client.query(index);
  }
  if (feed.mode === 'append') {
    const words = {
      version,
      agency_table: agencyTable(feed, agency.key),
      columns: feed.key!,
      differs: differs(feed),
    };
    await client.query(statement('load/find_known', words));
    await collect(feed.key!);
  }
  return total;
}

async function succeedsUniquely({ client }: LoadContext, index: string): Promise<boolean> {
  await client.query('savepoint uniqueness');
  try {
    await client.query(index);
    await client.query('release savepoint uniqueness');
    return true;
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    await client.query('rollback to savepoint uniqueness');
    return false;
  }
}

/** Goes through the file and the repeated rows side by side, both in the order of lines. */
async function addRepeated(
  { client, config }: LoadContext,
  { feed }: Delivery,
  columns: string[],
  content: Content,
  invalid: InvalidRows,
): Promise<void> {
  await client.query(statement('load/open_repeated'));
  let fields: number[] = [];
  let waiting: RepeatedRow[] = [];
  let next = 0;
  let exhausted = false;
  const fetchMore = async () => {
    const { rows } = await client.query<{
      line_number: string;
      first_line: string;
      first_load: string | null;
    }>(statement('load/fetch_repeated'));
    exhausted = rows.length === 0;
    next = 0;
    waiting = rows.map((row) => ({
      line: Number(row.line_number),
      firstLine: row.first_line,
      firstLoad: row.first_load,
    }));
  };
  const take = (line: number, raw: Buffer, value: string) => {
    if (waiting[next]?.line !== line) return;
    invalid.add(line, raw, 0, raw.length, [reason(columns, value, waiting[next]!)]);
    next++;
  };
  // Rows come a block at a time, without a pause in which the database could be asked: those that come when
  // nothing is waiting wait themselves.
  let unmatched: { line: number; raw: Buffer; value: string }[] = [];
  await fetchMore();
  await readRows(content, feed, config.maxRowBytes, {
    header(header) {
      fields = columns.map((name) => header.fields.findIndex((column) => column?.name === name));
    },
    row(row) {
      const isWaiting = next < waiting.length;
      if (exhausted || (isWaiting && waiting[next]!.line !== row.line)) return;
      const raw = row.bytes.subarray(row.start, row.end);
      if (isWaiting) take(row.line, raw, valueOf(feed, row, fields));
      else unmatched.push({ line: row.line, raw: Buffer.from(raw), value: valueOf(feed, row, fields) });
    },
    async afterBlock() {
      const rows = unmatched;
      unmatched = [];
      for (const row of rows) {
        if (next === waiting.length && !exhausted) await fetchMore();
        take(row.line, row.raw, row.value);
      }
      if (next === waiting.length && !exhausted) await fetchMore();
      await invalid.relieve();
    },
  });
  await client.query(statement('load/drop_repeated'));
}

function reason(columns: string[], value: string, first: RepeatedRow): Reason {
  const names = columns.join(', ');
  const message =
    first.firstLoad === null
      ? `expected each ${names} once, got \`${value}\` again, which stands on line ${first.firstLine}`
      : `expected the values that came with ${names} \`${value}\` before (load ${first.firstLoad}, line ${first.firstLine}), got others`;
  const rule = first.firstLoad === null ? 'unique' : 'key';
  return { column: names, value, rule, message, first_line: Number(first.firstLine) };
}

function valueOf(feed: Feed, row: Row, fields: number[]): string {
  const values = fields.map((field) => {
    if (field < 0 || field >= row.count) return '';
    const [start, end] = [row.starts[field]!, row.ends[field]!];
    const bytes =
      row.written[field] === DOUBLED
        ? undouble(row.bytes, start, end, feed.quote.charCodeAt(0))
        : row.bytes.subarray(start, end);
    return decode(bytes, 0, bytes.length, rowEncoding(feed));
  });
  return shown(values.join(', '));
}
