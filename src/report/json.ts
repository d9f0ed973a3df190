import type { Client } from '../warehouse/connect.js';
import { selectInBatches, type Batch } from '../warehouse/rows.js';
import { statement } from '../warehouse/statements.js';

/**
 * The rows of a select as JSON documents, each with the columns in their order. PostgreSQL writes them, so that a
 * decimal keeps its digits: a number of this language would not.
 */
export function selectDocuments(client: Client, select: string, values: unknown[]): AsyncGenerator<Batch> {
  return selectInBatches(client, statement('report/select_documents', { select }), values);
}

/** Documents as one array, each on a line of its own. */
export async function* arrayTexts(
  batches: AsyncIterable<Batch>,
  told: { rows: number },
): AsyncGenerator<string> {
  for await (const { rows } of batches) {
    if (rows.length === 0) continue;
    yield `${told.rows === 0 ? '[' : ','}\n${rows.map(([document]) => String(document)).join(',\n')}`;
    told.rows += rows.length;
  }
  yield told.rows === 0 ? '[]\n' : '\n]\n';
}
