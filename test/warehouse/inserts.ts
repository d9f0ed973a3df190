import type { Workspace } from '../setup/workspace.js';

type Rows = Record<string, unknown>[];

/** Puts rows of any agencies into tables of feeds, without a load, in place of those of the time before. */
export async function insertsInto(
  workspace: Workspace,
  tables: string[],
): Promise<(rows: Record<string, Rows>) => Promise<void>> {
  for (const table of tables)
    await workspace.query(`create table ${table}_others partition of ${table} default`);
  return async (rows) => {
    await workspace.query(`truncate ${tables.join()}`);
    for (const table of tables) {
      const numbered = (rows[table] ?? []).map((row, i) => ({ line_number: i + 2, ...row }));
      await workspace.query(
        `insert into ${table} select each.* from json_populate_recordset(null::${table}, $1) as each`,
        [JSON.stringify(numbered)],
      );
    }
  };
}
