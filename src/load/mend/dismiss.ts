import { TallyError } from '../../errors.js';
import { statement } from '../../warehouse/statements.js';
import { transaction } from '../../warehouse/transaction.js';
import { inLane, type Mending } from './lane.js';
import { findMendSubject } from './subject.js';

export interface DismissOptions {
  loadId: string;
  why: string;
  /** Only rows that fulfil all that is given. */
  lines?: number[] | undefined;
  column?: string | undefined;
  rule?: string | undefined;
  reason?: string | undefined;
}

export interface Dismissed {
  loadId: string;
  feed: string;
  agency: string;
  dismissed: number;
  /** Of the lines that were named: those whose row was fixed or dismissed before. */
  settled: { line: number; status: string }[];
  open: number;
}

/** Notes of rows that nobody will correct them. They stay invalid, and stay counted as such. */
export async function dismissRows(
  context: Omit<Mending, 'audits' | 'histories' | 'agencies' | 'warehouse'>,
  { loadId, why, lines, column, rule, reason }: DismissOptions,
): Promise<Dismissed> {
  const { client, clock, by, runId } = context;
  const { feedName: feed, agency } = await findMendSubject(client, loadId);
  return inLane(context, { feed, agency }, () =>
    transaction(client, async () => {
      const settled = lines ? await settledAmong(context, loadId, lines) : [];
      const { rows } = await client.query<{ dismissed: string; open: string }>(
        statement('mend/dismiss_rows'),
        [loadId, clock.now(), by, runId, why, lines, column, rule, reason],
      );
      const dismissed = Number(rows[0]!.dismissed);
      return { loadId, feed, agency, dismissed, settled, open: Number(rows[0]!.open) };
    }),
  );
}

async function settledAmong(
  { client }: Pick<Mending, 'client'>,
  loadId: string,
  lines: number[],
): Promise<Dismissed['settled']> {
  const { rows } = await client.query<{ line_number: string; status: string }>(
    statement('mend/list_states'),
    [loadId, lines],
  );
  const known = rows.map(({ line_number, status }) => ({ line: Number(line_number), status }));
  const unknown = lines.filter((line) => !known.some((row) => row.line === line));
  if (unknown.length > 0)
    throw new TallyError(
      'usage',
      `Load ${loadId} has no invalid row on line ${unknown.join(', ')}. Nothing was changed.`,
      { hint: `tally invalid --load ${loadId} shows those that it has.` },
    );
  return known.filter(({ status }) => status !== 'open');
}
