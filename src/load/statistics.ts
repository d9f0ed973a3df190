import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

/**
 * A load analyzes its version, and of what lies above it PostgreSQL learns nothing by itself: then it takes a join by hash
 * for hopeless, and sorts. Once for a whole run, and only what views join: the others do not pay for it.
 */
export async function analyzeJoined(client: Client, feeds: string[]): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(statement('load/list_analyses'), [feeds]);
  for (const each of rows) await client.query(each.statement);
}
