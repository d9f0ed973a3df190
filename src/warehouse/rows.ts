import Cursor from 'pg-cursor';
import type { Client } from './connect.js';

export interface Batch {
  /** The columns, each with whether it holds text. */
  columns: { name: string; isText: boolean }[];
  rows: unknown[][];
}

const BATCH = 1000;
/** text, varchar, char, jsonb, json */
const TEXT_TYPES = [25, 1043, 1042, 3802, 114];

/** Values as PostgreSQL writes them: a numeric keeps its digits, a date is a day. */
const asText = { getTypeParser: () => (value: string) => value };

/** The rows of a select in batches, at any size in the same memory; the first batch comes even when there is no row. */
export async function* selectInBatches(
  client: Client,
  sql: string,
  values: unknown[],
): AsyncGenerator<Batch> {
  const { unlessLost, forget } = watchForLoss(client);
  const cursor = client.query(new Cursor<unknown[]>(sql, values, { rowMode: 'array', types: asText }));
  try {
    for (let first = true; ; first = false) {
      const { rows, columns } = await unlessLost(read(cursor));
      if (rows.length > 0 || first) yield { rows, columns };
      if (rows.length < BATCH) return;
    }
  } finally {
    await unlessLost(cursor.close()).catch(() => {});
    forget();
  }
}

/**
 * A cursor that has its last row, or is being closed, waits for ever for the word of a server that is gone. Not by
 * Promise.race, which would keep every batch for as long as the connection lasts.
 */
function watchForLoss(client: Client) {
  let lost: Error | undefined;
  let fail = (_: Error) => {};
  const hungUp = () => {
    lost = new Error('Connection terminated while rows were read');
    fail(lost);
  };
  client.once('end', hungUp);
  return {
    unlessLost: <T>(work: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        fail = (error) => reject(error);
        if (lost) reject(lost);
        work.then(resolve, reject);
      }),
    forget: () => void client.off('end', hungUp),
  };
}

function read(cursor: Cursor<unknown[]>): Promise<Batch> {
  return new Promise((resolve, reject) => {
    cursor.read(
      BATCH,
      (error, rows, result: { fields: { name: string; dataTypeID: number }[] } | undefined) => {
        if (error) return reject(error);
        // Only a read that comes after the last row has no result.
        const columns = (result?.fields ?? []).map((field) => ({
          name: field.name,
          isText: TEXT_TYPES.includes(field.dataTypeID),
        }));
        resolve({ rows, columns });
      },
    );
  });
}
