import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import { stampOf } from '../../src/content/stamp.js';
import type { Feed } from '../../src/feeds/feed.js';
import { hasLineNumbers } from '../../src/feeds/feed.js';
import { postgresType } from '../../src/feeds/type.js';
import type { Delivery, LoadContext } from '../../src/load/delivery.js';
import { fillVersion, type Counted } from '../../src/load/fill.js';
import { InvalidRows } from '../../src/load/invalid.js';
import { loadDelivery } from '../../src/load/load.js';
import { agencyTable, ensureAgencyTable, ensureFeedTables } from '../../src/load/tables.js';
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
    await ensureFeedTables(client, [made.feed]);
    await ensureAgencyTable(client, made.feed, AGENCY);
    // Files that are refused, and such as need an index of their own, have a version of their own.
    const alone = ({ fate }: Case) => fate.refused !== undefined || made.feed.unique.length > 0;
    const loaded = new Map(
      await fillTogether(
        database,
        made,
        cases.filter((each) => !alone(each)),
        tally,
      ),
    );
    for (const each of cases.filter(alone)) loaded.set(each, await fillAlone(database, made, each, tally));
    const inOrder = cases.map((each) => loaded.get(each)!);
    const expected = cases.flatMap(({ fate }) => (fate.refused ? [] : validRows(fate)));
    const rows = inOrder.flatMap((each) => ('refused' in each ? [] : each.rows));
    assert.deepEqual(rows, await storedByCopy(client, made.feed, expected), 'the rows of the table');
    await checkRawTexts(client, made.feed, cases, tally);
    return inOrder;
  } finally {
    await client.query('rollback');
  }
}

function validRows(expected: Expected): Expected['rows'] {
  return expected.rows.filter(({ reasons }) => reasons.length === 0);
}

/** The version that files share; others have one with a number of their own. */
const SHARED = 1_000_000_000;
const VERSION = `tally_version.load_${SHARED}`;

/**
 * Files whose rows come to lie in one version, one behind the other: to make a table for each of a hundred thousand
 * files, and to analyze it, would take most of the time. Nothing else of a load is left out.
 */
async function fillTogether(
  database: Database,
  made: Made,
  cases: readonly Case[],
  tally: Tally,
): Promise<[Case, LoadedFile][]> {
  const { client } = database;
  const sharing = { ...database, client: sharingVersion(client) };
  const counts: Counted[] = [];
  for (const [i, each] of cases.entries())
    counts.push(...(await fill(sharing, made, each, SHARED + i, tally)));
  if (cases.length === 0) return [];
  const rows = await texts(client, made.feed, VERSION);
  const invalid = await invalidRows(client, SHARED, SHARED + cases.length);
  let from = 0;
  return cases.map((each, i) => {
    const { rowsLoaded } = counts[i]!;
    const loaded = { rows: rows.slice(from, from + rowsLoaded), invalid: invalid.get(SHARED + i) ?? [] };
    from += rowsLoaded;
    checkInvalidRows(loaded.invalid, each.fate as Expected);
    return [each, loaded];
  });
}

/** One file into a version of its own, which is thrown away again. */
async function fillAlone(database: Database, made: Made, each: Case, tally: Tally): Promise<LoadedFile> {
  const { client } = database;
  const loadId = SHARED - 1;
  await client.query('savepoint one_file');
  try {
    const [filled] = await fill(database, made, each, loadId, tally);
    if (!filled) return { refused: each.fate.refused![0]! };
    const invalid = (await invalidRows(client, loadId, loadId + 1)).get(loadId) ?? [];
    checkInvalidRows(invalid, each.fate as Expected);
    return { rows: await texts(client, made.feed, `tally_version.load_${loadId}`), invalid };
  } finally {
    await client.query('rollback to savepoint one_file');
    await client.query('release savepoint one_file');
  }
}

/** Loads one file and compares the counts; nothing where it was refused as it must be. */
async function fill(
  { client, context }: Database,
  made: Made,
  { file, fate }: Case,
  loadId: number,
  tally: Tally,
): Promise<Counted[]> {
  const config = { ...context.config, maxRowBytes: made.maxRowBytes };
  const delivery = deliver(context, made.feed, file);
  const { name: table } = agencyTable(made.feed, AGENCY.key);
  const of = {
    loadId: String(loadId),
    feed: made.feed.name,
    agency: AGENCY.key,
    fileName: delivery.fileName,
    table,
  };
  const invalid = new InvalidRows(context.warehouse, of);
  const filled = await fillVersion({ ...context, config, client }, delivery, String(loadId), invalid)
    .then(async (version) => ({ ...version, rowsInvalid: await invalid.finish(client) }))
    .catch(errorCode)
    .finally(() => invalid.close());
  count(tally, 'files loaded');
  if (typeof filled === 'string' || fate.refused) {
    assert.ok(
      typeof filled === 'string' && fate.refused?.includes(filled),
      `refused: ${JSON.stringify(filled)}, expected ${String(fate.refused)}`,
    );
    return [];
  }
  checkCounts(filled, fate);
  count(tally, 'rows loaded', filled.rowsLoaded);
  count(tally, 'rows set aside', filled.rowsInvalid);
  return [filled];
}

/** A connection on which all loads have the same version: it is made once, and not analyzed. */
function sharingVersion(client: Client): Client {
  const made = new Set<string>();
  const shared = (sql: string) => sql.replaceAll(/load_1\d{9}\b/g, `load_${SHARED}`);
  const query = (what: string | { text: string }, ...rest: unknown[]) => {
    if (typeof what !== 'string') what.text = shared(what.text);
    else {
      what = shared(what);
      const isMaking = /^(--.*\n)*(create table|alter table)[^]*load_1\d{9}/.test(what);
      if (isMaking && made.has(what)) return Promise.resolve({ rows: [] });
      if (isMaking) made.add(what);
    }
    return (client.query as (...all: unknown[]) => unknown).call(client, what, ...rest);
  };
  return new Proxy(client, {
    get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)) as unknown,
  });
}

function deliver(context: Database['context'], feed: Feed, file: Buffer): Delivery {
  const path = join(context.config.workspace, 'delivery.csv');
  writeFileSync(path, file);
  return {
    feed,
    agency: AGENCY,
    businessDate: '2026-11-20' as Delivery['businessDate'],
    path,
    fileName: 'things.csv',
    size: file.length,
    stamp: stampOf(statSync(path, { bigint: true })),
    sha256: randomBytes(32).toString('hex'),
    control: undefined,
  };
}

function checkCounts(
  { rowsRead, rowsLoaded, rowsInvalid }: Pick<Counted, 'rowsRead' | 'rowsLoaded' | 'rowsInvalid'>,
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

function checkInvalidRows(actual: ActualRow[], expected: Expected): void {
  const invalid = expected.rows.filter(({ reasons }) => reasons.length > 0);
  assert.deepEqual(
    actual,
    invalid.map(({ line, raw, reasons }) => ({ line, raw, reasons })),
    'file_invalid_rows',
  );
}

async function invalidRows(client: Client, from: number, to: number): Promise<Map<number, ActualRow[]>> {
  const { rows } = await client.query<{
    load: string;
    line: number;
    raw: Buffer;
    reasons: { column: string | null; rule: string }[];
  }>(
    `select load_id as load, line_number::int as line, raw, reasons from file_invalid_rows
    where load_id >= $1 and load_id < $2 order by load_id, line_number`,
    [from, to],
  );
  const found = new Map<number, ActualRow[]>();
  for (const { load, line, raw, reasons } of rows) {
    const known = found.get(Number(load)) ?? [];
    known.push({ line, raw: raw.toString('latin1'), reasons: reasonsOf(reasons) });
    found.set(Number(load), known);
  }
  return found;
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

const ENCODINGS = { 'utf-8': 'UTF8', 'utf-16': 'UTF8', latin1: 'LATIN1', 'windows-1252': 'WIN1252' };

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
  await ensureFeedTables(client, [feed]);
  await client.query('commit');
  try {
    const delivery = deliver(context, feed, file);
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
    const loadId = Number(result.loadId);
    checkInvalidRows((await invalidRows(client, loadId, loadId + 1)).get(loadId) ?? [], fate);
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
