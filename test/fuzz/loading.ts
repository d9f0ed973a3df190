import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import type { Feed } from '../../src/feeds/feed.js';
import { hasLineNumbers } from '../../src/feeds/feed.js';
import { postgresType } from '../../src/feeds/type.js';
import type { Delivery, LoadContext } from '../../src/load/delivery.js';
import { fillVersion, type Filled } from '../../src/load/fill.js';
import { loadDelivery } from '../../src/load/load.js';
import { ensureAgencyTable, ensureFeedTable } from '../../src/load/tables.js';
import type { Client } from '../../src/warehouse/connect.js';
import type { Expected } from './oracle/expect.js';
import { textOf } from './oracle/values.js';
import { count, type Fate, type Made, type Tally } from './pure.js';
import { reasonsOf, type ActualRow } from './reading.js';
import { errorCode } from './refusals.js';

export interface Case {
  file: Buffer;
  fate: Fate;
}

/** What a load needs beside its delivery; `committed` is a session of its own, for loads that are published. */
export interface Database {
  context: Omit<LoadContext, 'client' | 'config'> & { config: LoadContext['config'] };
  client: Client;
}

const AGENCY = { key: 'agency_a', name: 'Agency A', aliases: [], timeZone: undefined, files: {} };

type Cells = (string | null)[];

/** What became of a file: the rows of the table, and those that were set aside. */
export type LoadedFile = { rows: Cells[]; invalid: ActualRow[] } | { refused: string };

/**
 * The stage with a database: each file is loaded as it always is, by reader, checks, writer and COPY, into a
 * version that is thrown away again; what lies in it then is compared with the rows that the oracle expects, as
 * PostgreSQL's own COPY stores them.
 */
export async function checkFilling(
  database: Database,
  made: Made,
  cases: readonly Case[],
  tally: Tally,
): Promise<LoadedFile[]> {
  const { client } = database;
  await client.query('begin');
  try {
    await ensureFeedTable(client, made.feed);
    await ensureAgencyTable(client, made.feed, AGENCY);
    const loaded: LoadedFile[] = [];
    for (const [i, each] of cases.entries()) {
      await client.query('savepoint one_file');
      loaded.push(await fill(database, made, each, 1_000_000_000 + i, tally));
      await client.query('rollback to savepoint one_file');
    }
    const expected = cases.map(({ fate }) => (fate.refused ? [] : validRows(fate)));
    const rows = loaded.flatMap((each) => ('refused' in each ? [] : each.rows));
    assert.deepEqual(rows, await storedByCopy(client, made.feed, expected.flat()), 'the rows of the table');
    await checkRawTexts(client, made.feed, cases, tally);
    return loaded;
  } finally {
    await client.query('rollback');
  }
}

function validRows(expected: Expected): Expected['rows'] {
  return expected.rows.filter(({ reasons }) => reasons.length === 0);
}

/** Loads one file, compares the counts and the invalid rows, and gives back the rows of the version. */
async function fill(
  database: Database,
  made: Made,
  { file, fate }: Case,
  loadId: number,
  tally: Tally,
): Promise<LoadedFile> {
  const { client, context } = database;
  const config = { ...context.config, maxRowBytes: made.maxRowBytes };
  const delivery = deliver(database, made.feed, file);
  const filled = await fillVersion({ ...context, config, client }, delivery, String(loadId)).catch(errorCode);
  count(tally, 'files loaded');
  if (typeof filled === 'string' || fate.refused) {
    assert.ok(
      typeof filled === 'string' && fate.refused?.includes(filled),
      `refused: ${JSON.stringify(filled)}, expected ${String(fate.refused)}`,
    );
    return { refused: filled };
  }
  checkCounts(filled, fate);
  const invalid = await checkInvalidRows(client, loadId, fate);
  count(tally, 'rows loaded', filled.rowsLoaded);
  count(tally, 'rows set aside', filled.rowsInvalid);
  return { rows: await texts(client, made.feed, `tally_version.load_${loadId}`), invalid };
}

function deliver({ context }: Database, feed: Feed, file: Buffer): Delivery {
  const path = join(context.config.workspace, 'delivery.csv');
  writeFileSync(path, file);
  return {
    feed,
    agency: AGENCY,
    businessDate: '2026-11-20' as Delivery['businessDate'],
    path,
    fileName: 'things.csv',
    size: file.length,
    sha256: randomBytes(32).toString('hex'),
  };
}

function checkCounts(
  { rowsRead, rowsLoaded, rowsInvalid }: Pick<Filled, 'rowsRead' | 'rowsLoaded' | 'rowsInvalid'>,
  expected: Expected,
): void {
  const valid = validRows(expected).length;
  assert.equal(rowsRead, rowsLoaded + rowsInvalid, 'every row has a fate');
  assert.deepEqual(
    { rowsRead, rowsLoaded, rowsInvalid },
    { rowsRead: expected.rows.length, rowsLoaded: valid, rowsInvalid: expected.rows.length - valid },
    'counts',
  );
}

async function checkInvalidRows(
  client: Client,
  loadId: number | string,
  expected: Expected,
): Promise<ActualRow[]> {
  const { rows } = await client.query<{
    line: number;
    raw: Buffer;
    reasons: { column: string | null; rule: string }[];
  }>(
    'select line_number::int as line, raw, reasons from file_invalid_rows where load_id = $1 order by line_number',
    [loadId],
  );
  const invalid = rows.map(({ line, raw, reasons }) => ({
    line,
    raw: raw.toString('latin1'),
    reasons: reasonsOf(reasons),
  }));
  assert.deepEqual(
    invalid,
    expected.rows.flatMap(({ line, raw, reasons }) => (reasons.length > 0 ? [{ line, raw, reasons }] : [])),
    'file_invalid_rows',
  );
  return invalid;
}

async function texts(client: Client, feed: Feed, table: string): Promise<Cells[]> {
  const names = [...(hasLineNumbers(feed) ? ['line_number'] : []), ...feed.columns.map(({ name }) => name)];
  const list = names.map((name) => `${name}::text`).join(', ');
  const { rows } = await client.query<Cells>({
    text: `select ${list} from ${table} order by ctid`,
    rowMode: 'array',
  });
  return rows;
}

const ENCODINGS = { 'utf-8': 'UTF8', latin1: 'LATIN1', 'windows-1252': 'WIN1252' };

/** The rows of the oracle, through PostgreSQL's own COPY of a CSV in which every value is quoted. */
async function storedByCopy(client: Client, feed: Feed, rows: Expected['rows']): Promise<Cells[]> {
  const types = feed.columns.map(({ name, type }) => `${name} ${postgresType(type)}`);
  await client.query(
    `create temporary table expected (line_number bigint, ${types.join(', ')}) on commit drop`,
  );
  const lines = rows.map(({ line, stored }) =>
    [String(line), ...stored]
      .map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`))
      .join(','),
  );
  await copy(
    client,
    `copy expected from stdin with (format csv, encoding '${ENCODINGS[feed.encoding]}')`,
    lines,
  );
  const stored = await texts(client, feed, 'expected');
  // Of what needs no conversion nothing is left to PostgreSQL: the table has the very text of the file.
  const from = hasLineNumbers(feed) ? 1 : 0;
  feed.columns.forEach(({ type }, i) => {
    if ((type.kind !== 'text' && type.kind !== 'varchar') || feed.encoding === 'windows-1252') return;
    rows.forEach((row, k) =>
      assert.equal(
        stored[k]![from + i],
        row.stored[i] === null ? null : textOf(row.stored[i]!, feed.encoding),
        'a text is stored as it came',
      ),
    );
  });
  return stored;
}

/** PostgreSQL's COPY, given the raw texts of the valid rows, finds the same fields. */
async function checkRawTexts(
  client: Client,
  feed: Feed,
  cases: readonly Case[],
  tally: Tally,
): Promise<void> {
  if (feed.delimiter.length > 1 || !/[ -~\t]/.test(feed.delimiter)) return;
  const byWidth = new Map<number, Expected['rows']>();
  for (const { fate } of cases) {
    if (fate.refused) continue;
    const rows = validRows(fate).filter(
      ({ raw, fields }) => raw !== '\\.' && fields!.every((field) => isText(field, feed)),
    );
    byWidth.set(fate.columns.length, [...(byWidth.get(fate.columns.length) ?? []), ...rows]);
  }
  for (const [width, rows] of byWidth) {
    const names = Array.from({ length: width }, (_, i) => `f${i}`);
    await client.query(
      `create temporary table raw_texts (${names.map((name) => `${name} text`).join(', ')})`,
    );
    const literal = (text: string) => pg.escapeLiteral(text);
    await copy(
      client,
      `copy raw_texts from stdin with (format csv, delimiter ${literal(feed.delimiter)}, quote ${literal(feed.quote)}, ` +
        `force_not_null (${names.join(', ')}), encoding '${ENCODINGS[feed.encoding]}')`,
      rows.map(({ raw }) => raw),
    );
    const found = await client.query<Cells>({
      text: 'select * from raw_texts order by ctid',
      rowMode: 'array',
    });
    await client.query('drop table raw_texts');
    if (feed.encoding === 'windows-1252') continue;
    assert.deepEqual(
      found.rows,
      rows.map(({ fields }) => fields!.map((field) => textOf(field, feed.encoding))),
      'fields, as COPY finds them',
    );
    count(tally, 'raw texts that COPY reads alike', rows.length);
  }
}

function isText(field: string, feed: Feed): boolean {
  if (field.includes('\0')) return false;
  if (feed.encoding === 'windows-1252') return !/[\x81\x8d\x8f\x90\x9d]/.test(field);
  try {
    textOf(field, feed.encoding);
    return true;
  } catch {
    return false;
  }
}

async function copy(client: Client, sql: string, lines: readonly string[]): Promise<void> {
  const stream = client.query(from(sql));
  const done = new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
  stream.end(Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'));
  await done;
}

/** The same through a whole load: ledger, version, exchange, commit. */
export async function checkLoad(
  database: Database,
  made: Made,
  { file, fate }: Case,
  name: string,
  tally: Tally,
): Promise<void> {
  const { client, context } = database;
  const feed = { ...made.feed, name };
  const config = { ...context.config, maxRowBytes: made.maxRowBytes };
  await client.query('begin');
  await ensureFeedTable(client, feed);
  await client.query('commit');
  try {
    const delivery = deliver(database, feed, file);
    const result = await loadDelivery({ ...context, config, client }, delivery, {
      again: true,
      force: false,
    });
    count(tally, 'whole loads');
    if (fate.refused) {
      assert.equal(result.outcome, 'failed');
      assert.ok(
        fate.refused.includes(result.code!),
        `refused: ${String(result.code)}, expected ${fate.refused.join(' or ')}`,
      );
      return;
    }
    assert.deepEqual({ outcome: result.outcome, code: result.code }, { outcome: 'loaded', code: null });
    checkCounts(result, fate);
    await checkInvalidRows(client, result.loadId!, fate);
    const live = await texts(client, feed, `tally_version.load_${result.loadId!}`);
    await client.query('begin');
    const expected = await storedByCopy(client, feed, validRows(fate));
    await client.query('rollback');
    assert.deepEqual(live, expected, 'the rows of the live version');
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from ${name}_${AGENCY.key}`,
    );
    assert.equal(rows[0]!.n, expected.length, 'the rows that readers see');
  } finally {
    await client.query(`drop table if exists ${name} cascade`);
    await client.query('delete from tally.versions where feed = $1', [name]);
  }
}
