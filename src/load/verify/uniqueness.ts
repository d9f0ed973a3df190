import { uniqueGroups } from '../../feeds/feed.js';
import { statement } from '../../warehouse/statements.js';
import { agencyTable, differs } from '../tables.js';
import type { Comparison } from './context.js';

interface SetAside {
  /** Valid rows that repeat a key with other values: they belong into file_invalid_rows. */
  invalid: number;
  /** Rows that repeat another, key and values: they belong nowhere else. */
  repeated: number;
}

/** Takes the rows out of expected_row that repeat a key, by the rules of the load. */
export async function setAside({ client, subject, feed, agency }: Comparison): Promise<SetAside> {
  for (const columns of uniqueGroups(feed)) {
    const isKey = columns === feed.key;
    await client.query(
      statement('verify/set_repeated_aside', { columns, differs: isKey ? differs(feed) : 'true' }),
    );
    await client.query(statement('verify/delete_set_aside'));
  }
  if (feed.mode === 'append') {
    const words = {
      agency_table: agencyTable(feed, agency),
      columns: feed.key!,
      load_id: subject.loadId,
      differs: differs(feed),
    };
    await client.query(statement('verify/set_known_aside', words));
    await client.query(statement('verify/delete_set_aside'));
  }
  const { rows } = await client.query<{ invalid: string; repeated: string }>(
    statement('verify/count_set_aside'),
  );
  return { invalid: Number(rows[0]!.invalid), repeated: Number(rows[0]!.repeated) };
}

/** Valid rows that should be in file_invalid_rows because they repeat a key, and are not; or are, and should not. */
export async function compareSetAside({ client, subject, differences }: Comparison): Promise<void> {
  const { rows } = await client.query<{
    line_number: string;
    first_line: string | null;
    first_load: string | null;
    is_invalid: boolean;
    total: string;
  }>(statement('verify/find_misplaced'), [subject.loadId, differences.limit]);
  for (const row of rows) {
    const of = row.first_load === null ? '' : ` of load ${row.first_load}`;
    const message = row.is_invalid
      ? `line ${row.line_number} repeats the key of line ${row.first_line}${of}, and is not in file_invalid_rows`
      : `line ${row.line_number} is valid, and is in file_invalid_rows`;
    differences.add('invalid_row', message, { line: Number(row.line_number) });
  }
  differences.addUnseen(Number(rows[0]?.total ?? 0) - rows.length);
}

/** Takes the rows out of expected_row that another load has rightly overwritten in the table. */
export async function leaveOutOverwritten({ client, subject, feed, agency }: Comparison): Promise<void> {
  if (feed.mode !== 'upsert' || subject.outcome !== 'loaded') return;
  const words = { agency_table: agencyTable(feed, agency), columns: feed.key!, load_id: subject.loadId };
  await client.query(statement('verify/delete_overwritten', words));
}
