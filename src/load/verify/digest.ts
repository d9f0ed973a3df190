import type { Client } from '../../warehouse/connect.js';
import { statement, type Relation } from '../../warehouse/statements.js';

/** Rows to be compared: those of a relation that fulfil a condition, which is SQL. */
export interface Rows {
  table: Relation;
  condition: string;
}

export interface Digest {
  /** Of all rows, as 32 hexadecimal digits. */
  text: string;
  /** Of the rows of each part. */
  parts: Map<string, string>;
}

export const EXPECTED: Rows = { table: { schema: 'pg_temp', name: 'expected_row' }, condition: 'true' };

/**
 * A digest of rows as texts, in any order. It tells whether two sides are the same with a certainty that no
 * accident outwits; against someone who computes collisions there is the comparison row for row.
 */
export async function digestOf(
  client: Client,
  { table, condition }: Rows,
  columns: string[],
): Promise<Digest> {
  const { rows } = await client.query<{ bucket: string; rows: string; one: string; two: string }>(
    statement('verify/digest_rows', { table, condition, columns }),
  );
  let [one, two] = [0n, 0n];
  const parts = new Map<string, string>();
  for (const row of rows) {
    one += BigInt(row.one);
    two += BigInt(row.two);
    parts.set(row.bucket, `${row.rows} ${row.one} ${row.two}`);
  }
  return { text: hex(one) + hex(two), parts };
}

function hex(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

/** The parts in which two digests differ. */
export function differingParts(left: Digest, right: Digest): string[] {
  const all = new Set([...left.parts.keys(), ...right.parts.keys()]);
  return [...all].filter((part) => left.parts.get(part) !== right.parts.get(part));
}
