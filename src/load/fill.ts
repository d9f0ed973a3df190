import { stat } from 'node:fs/promises';
import { openContent, type Content } from '../content/content.js';
import { stampOf } from '../content/stamp.js';
import { TallyError } from '../errors.js';
import { hasLineNumbers, hasLoadIds } from '../feeds/feed.js';
import { startCopy, type Copy } from '../warehouse/copy.js';
import type { Client } from '../warehouse/connect.js';
import { quoteName, statement, type Relation } from '../warehouse/statements.js';
import { glanceAt, type Glance } from './check/glance.js';
import { compileRows, type RowCheck } from './check/rows.js';
import { INVALID } from './check/verdict.js';
import type { Delivery, LoadContext, LoadResult } from './delivery.js';
import type { InvalidRows } from './invalid.js';
import { isJson, readRows } from './read/read.js';
import { setRepeatedAside } from './repeated.js';
import { agencyTable, versionTable } from './tables.js';
import { ControlTotals } from './totals.js';
import { copyDelimiter, CopyWriter } from './write.js';

export interface LoadCounts {
  rowsRead: number;
  rowsLoaded: number;
  rowsInvalid: number;
  rowsRepeated: number;
}

export interface Filled extends Omit<LoadCounts, 'rowsInvalid'> {
  warnings: LoadResult['warnings'];
  drift: LoadResult['drift'];
  fields: Fields;
}

export type Counted = Filled & LoadCounts;

/** Which column each field of the file is, null for none; an empty list where values have names instead of places. */
export type Fields = (string | null)[];

/** What PostgreSQL calls that of the rows; UTF-16 has become UTF-8 by then. */
export const ENCODINGS = { 'utf-8': 'UTF8', 'utf-16': 'UTF8', latin1: 'LATIN1', 'windows-1252': 'WIN1252' };

/**
 * Fills the version of a load, within the transaction of the caller: valid rows go into it, the others to `invalid`.
 * The three counts come from three places, so that the ledger's check means something: the reader counts what it
 * read, and PostgreSQL what it took of either kind.
 */
export async function fillVersion(
  context: LoadContext,
  delivery: Delivery,
  loadId: string,
  invalid: InvalidRows,
): Promise<Filled> {
  const { client, config } = context;
  const { feed, agency } = delivery;
  const version = versionTable(loadId);
  const table = agencyTable(feed, agency.key);
  await createVersion(client, version, table);

  const content = await openContent(delivery.path, delivery.fileName, {
    encoding: feed.encoding,
    limits: config,
  });
  try {
    invalid.begin(content);
    const copied = await copyValidRows(context, delivery, loadId, content, invalid);
    const repeated = await setRepeatedAside(context, delivery, loadId, content, invalid);
    await refuseChangedFile(content, delivery);
    // What is the same for all rows comes last: see the statements.
    await client.query(statement('load/name_agency', { version, agency: agency.key }));
    if (hasLoadIds(feed)) await client.query(statement('load/mark_version', { version, load_id: loadId }));
    return {
      rowsRead: copied.rowsRead,
      rowsLoaded: copied.rowsCopied - repeated.invalid,
      rowsRepeated: repeated.repeated,
      warnings: copied.check.warnings(),
      drift: copied.drift,
      fields: isJson(content) ? [] : copied.check.fields.map((field) => field?.column.name ?? null),
    };
  } catch (error) {
    // What is wrong with a file that is just being written is not wrong with it when it is complete.
    if (error instanceof TallyError && error.code !== 'interrupted')
      await refuseChangedFile(content, delivery);
    throw error;
  } finally {
    await content.close();
  }
}

async function createVersion(client: Client, version: Relation, agencyTable: Relation): Promise<void> {
  const { rows } = await client.query<{ columns: string }>(statement('load/describe_version'), [
    quoteName(agencyTable),
  ]);
  await client.query(statement('load/create_version', { version, columns: rows[0]!.columns }));
}

interface Copied {
  rowsRead: number;
  rowsCopied: number;
  check: RowCheck;
  drift: LoadResult['drift'];
}

async function copyValidRows(
  context: LoadContext,
  delivery: Delivery,
  loadId: string,
  content: Content,
  invalid: InvalidRows,
): Promise<Copied> {
  const { feed } = delivery;
  const { client, config, signal, progress } = context;
  let check: RowCheck | undefined;
  let writer: CopyWriter | undefined;
  let glance: Glance | undefined;
  let copy: Copy | undefined;
  let drift: LoadResult['drift'] = { extra: [], absent: [] };
  let rowsRead = 0;
  const totals = delivery.control && new ControlTotals(feed, delivery.control);
  try {
    await readRows(content, feed, config.maxRowBytes, {
      header(header, lineEnd) {
        drift = header.drift;
        totals?.header(header.fields);
        check = compileRows(feed, header);
        writer = new CopyWriter(feed, check, lineEnd);
        copy = startCopy(client, copyStatement(delivery, loadId, check));
        const { maxRowBytes } = config;
        const asTheyStand = writer.isWhole;
        if (!totals)
          glance = glanceAt(feed, check, {
            lineEnd,
            maxRowBytes,
            copyDelimiter: copyDelimiter(feed),
            asTheyStand,
          });
      },
      glance: () => glance,
      rows(bytes, start, end, line) {
        const { count, isPlaced, isQuoted, starts, ends } = glance!;
        rowsRead += count;
        if (isPlaced) writer!.cutOut({ bytes, line, starts, ends }, isQuoted);
        else writer!.handOn(bytes, start, end);
      },
      row(row) {
        rowsRead++;
        totals?.add(row);
        const verdict = check!.check(row);
        if (verdict === INVALID) invalid.add(row.line, row.bytes, row.start, row.end, check!.reasons(row));
        else writer!.write(row, verdict);
      },
      async afterBlock(bytes) {
        if (signal.aborted) throw interrupted();
        for (const chunk of writer?.take() ?? []) await copy!.write(chunk);
        writer?.sent();
        await invalid.relieve();
        progress({ delivery, bytes, rows: rowsRead });
      },
    });
    totals?.refuseOthers(rowsRead);
    return { rowsRead, rowsCopied: await copy!.end(), check: check!, drift };
  } catch (error) {
    copy?.abort();
    throw error;
  }
}

function copyStatement({ feed }: Delivery, loadId: string, check: RowCheck): string {
  const names = check.fields.flatMap((field) => (field ? [field.column.name] : []));
  return statement('load/copy_rows', {
    version: versionTable(loadId),
    columns: [...(hasLineNumbers(feed) ? ['line_number'] : []), ...names],
    delimiter: copyDelimiter(feed),
    encoding: ENCODINGS[feed.encoding],
  });
}

/** What was hashed before the load must be what was loaded, and what lies there afterwards. */
async function refuseChangedFile({ file }: Content, delivery: Delivery): Promise<void> {
  const read = await file.stat({ bigint: true });
  const there = await stat(delivery.path, { bigint: true }).catch(() => undefined);
  if (stampOf(read) === delivery.stamp && there && stampOf(there) === delivery.stamp) return;
  const isSameSize = Number(read.size) === delivery.size;
  const how = isSameSize
    ? 'it was written to or exchanged for another'
    : `it had ${delivery.size} bytes and has ${read.size} now`;
  throw new TallyError(
    'file_changed',
    `The file changed while it was read: ${how}. Nothing was loaded; the rows before stay.`,
    { hint: 'It was probably still being written. The next run loads it again.' },
  );
}

export function interrupted(): TallyError {
  return new TallyError(
    'interrupted',
    'Interrupted. Nothing of this file was loaded; the rows before stay.',
    {
      hint: 'Run the same command again: it goes on with what is left.',
    },
  );
}
