import type { Day } from '../clock.js';
import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import type { Client } from '../warehouse/connect.js';
import { quoteName, statement } from '../warehouse/statements.js';
import { commentOf, invalidSql, type SqlFile } from '../warehouse/views.js';

interface History extends SqlFile {
  feed: string;
  key: string[];
}

/** The first line of a history: `-- history of customer_rating, a row for each agency, business_date: what it is`. */
const FIRST_LINE = /^history of ([a-z][a-z0-9_]*), a row for each ([a-z0-9_, ]+): ./;

/** Selects of what is remembered of a load when its rows are gone; the table that keeps their rows is named like the file. */
export function readHistories(files: SqlFile[]): History[] {
  return files.map((file) => {
    const match = FIRST_LINE.exec(commentOf(file.text));
    if (!match) {
      throw new TallyError(
        'sql_invalid',
        `${file.path}:1: expected \`-- history of FEED, a row for each COLUMN, COLUMN: what it is\` as the first line.`,
      );
    }
    return { ...file, feed: match[1]!, key: match[2]!.split(/, */) };
  });
}

/** What a history says of a load, before it is kept. */
interface Asked {
  history: History;
  columns: string[];
  rows: Record<string, unknown>[];
}

export interface HistoryOf {
  counted: string;
  agency: string;
  businessDate: Day;
}

/** Asks the histories of a feed and keeps what they say. Called within withNextVersion. */
export async function keepHistory(
  client: Client,
  files: SqlFile[],
  feed: Feed,
  of: HistoryOf,
): Promise<void> {
  await keepAsked(client, await askHistories(client, files, feed, of));
}

/**
 * Called within withNextVersion. The select runs by itself, because PostgreSQL would not use a second core for one
 * that stands in an insert.
 */
export async function askHistories(
  client: Client,
  files: SqlFile[],
  feed: Feed,
  of: HistoryOf,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const history of readHistories(files).filter((each) => each.feed === feed.name)) {
    const { rows, fields } = await client
      .query<Record<string, unknown>>(history.text, [of.counted, of.agency, of.businessDate])
      .catch((error: unknown) => {
        throw invalidSql(history, error);
      });
    asked.push({ history, columns: fields.map((field) => field.name), rows });
  }
  return asked;
}

export async function keepAsked(client: Client, asked: Asked[]): Promise<void> {
  for (const { history, columns, rows } of asked) {
    const values = columns.map((column) => `${quoteName(column)} = excluded.${quoteName(column)}`);
    const words = { table: history.name, columns, key: history.key, values: values.join(', ') };
    await client
      .query(statement('load/keep_history', words), [JSON.stringify(rows)])
      .catch((error: unknown) => {
        throw unfitTable(history, columns, error);
      });
  }
}

/** The rows are there, and their table does not take them. */
function unfitTable(history: History, columns: string[], error: unknown): unknown {
  const told = invalidSql(history, error);
  if (!(told instanceof TallyError)) return told;
  return new TallyError(
    'sql_invalid',
    `${history.path}: ${(error as Error).message}. Its rows are kept in the table ${history.name}.`,
    {
      hint: `Expected is a table ${history.name} (${columns.join(', ')}) with a unique key over (${history.key.join(', ')}).`,
      cause: error,
    },
  );
}
