import type { Day } from '../clock.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

/** What people ask of the ledger: each function is one statement of sql/statements/ledger. */

export interface LedgerLoad {
  load_id: string;
  feed: string;
  agency: string | null;
  business_date: Day | null;
  file_name: string;
  sha256: string | null;
  outcome: string | null;
  live: boolean;
  rows_read: string;
  rows_loaded: string;
  rows_invalid: string;
  rows_repeated: string;
  /** Of the invalid rows: those that were corrected since, and those that nobody will correct. */
  rows_fixed: string;
  rows_dismissed: string;
  /** For a feed with `diff: counts`: against which load, and how many rows differ. */
  compared_with: string | null;
  rows_added: string | null;
  rows_removed: string | null;
  rows_changed: string | null;
  seconds: string | null;
  code: string | null;
  message: string | null;
  started_at: Date;
  finished_at: Date | null;
  archived_as: string | null;
  /** When its file was cleaned from the archive, and its invalid rows from file_invalid_rows. */
  archive_cleaned_at: Date | null;
  invalid_cleaned_at: Date | null;
  rolled_back_at: Date | null;
}

export interface LoadFilter {
  feed?: string | undefined;
  agency?: string | undefined;
  date?: Day | undefined;
  outcome?: string | undefined;
}

export async function listLoads(client: Client, filter: LoadFilter, limit: number): Promise<LedgerLoad[]> {
  const values = [filter.feed, filter.agency, filter.date, filter.outcome, limit];
  return (await client.query<LedgerLoad>(statement('ledger/list_loads'), values)).rows;
}

export interface InvalidRow {
  load_id: string;
  feed: string;
  agency: string;
  file_name: string;
  table_name: string;
  line_number: string;
  raw: string;
  reasons: {
    column: string | null;
    value: string | null;
    rule: string;
    message: string;
    first_line?: number;
  }[];
  summary: string;
  status: string;
}

export interface InvalidFilter {
  load?: string | undefined;
  feed?: string | undefined;
  agency?: string | undefined;
  column?: string | undefined;
  rule?: string | undefined;
  status?: string | undefined;
}

export async function listInvalidRows(
  client: Client,
  filter: InvalidFilter,
  limit: number,
): Promise<{ rows: InvalidRow[]; total: number }> {
  const values = [filter.load, filter.feed, filter.agency, filter.column, filter.rule, filter.status];
  const { rows } = await client.query<InvalidRow>(statement('ledger/list_invalid_rows'), [...values, limit]);
  const { rows: counts } = await client.query<{ count: string }>(
    statement('ledger/count_invalid_rows'),
    values,
  );
  return { rows, total: Number(counts[0]!.count) };
}

/** How many invalid rows a load had, and when they were cleaned; undefined if they were not. */
export async function findInvalidCleaned(
  client: Client,
  loadId: string,
): Promise<{ rowsInvalid: number; at: Date } | undefined> {
  const { rows } = await client.query<{ rows_invalid: string; invalid_cleaned_at: Date }>(
    statement('ledger/find_invalid_cleaned'),
    [loadId],
  );
  const [row] = rows;
  return row && { rowsInvalid: Number(row.rows_invalid), at: row.invalid_cleaned_at };
}

export interface LastRun {
  run_id: string;
  command: string;
  started_at: Date;
  finished_at: Date | null;
  outcome: string | null;
  loaded: string;
  unchanged: string;
  held: string;
  failed: string;
  skipped: string;
}

export async function lastRun(client: Client): Promise<LastRun | undefined> {
  return (await client.query<LastRun>(statement('ledger/find_last_run'))).rows[0];
}
