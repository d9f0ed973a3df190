import type { Client } from '../../warehouse/connect.js';
import { quoteName, statement } from '../../warehouse/statements.js';
import { ok, psql, trouble, type Finding } from './finding.js';

const EXPECTED = 'texts sorted by the rules that the indexes were made with';

/** A new C library sorts texts anew, and indexes of before no longer find what is in them. */
export async function checkCollation(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ made_with: string | null; now: string | null; datname: string }>(
    statement('check/compare_collation'),
  );
  const { made_with: made, now, datname } = rows[0]!;
  if (made === now || made === null) return [ok('collation', EXPECTED, now ?? 'without a version')];
  const name = quoteName(datname);
  const mend = `reindex database ${name}; alter database ${name} refresh collation version`;
  // Each by itself: a reindex of the whole database stands in no transaction.
  const commands = mend.split('; ').map(psql).join(' && ');
  return [trouble('collation', EXPECTED, `made with version ${made}, the system has ${now}`, commands)];
}
