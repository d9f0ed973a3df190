import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

export interface DuplicateBarcode {
  barcode: string;
  /** The line that counts. */
  first_line: number;
  /** The first of the others. */
  later_lines: number[];
  later_count: number;
}

/** What is told of an agency's barcodes; the lists hold the first of so many. */
export interface AgencyBarcodes {
  agency: string;
  sold: number;
  unused: number;
  duplicates: number;
  orders: number;
  orders_without_barcodes: number;
  sold_to_unknown: number;
  duplicate_barcodes: DuplicateBarcode[];
  without_barcodes: { order_reference: string; customer_reference: string | null }[];
  top_customers: { rank: number; customer_reference: string; tickets: number }[];
}

type Of<Row> = Row & { agency: string };

export async function readBarcodes(
  client: Client,
  { agency, top, limit }: { agency: string | null; top: number; limit: number },
): Promise<AgencyBarcodes[]> {
  await client.query(statement('report/set_top_customers'), [String(top)]);
  const { rows: summaries } = await client.query<Record<string, string>>(
    statement('report/summarize_barcodes'),
    [agency],
  );
  const { rows: duplicates } = await client.query<Of<DuplicateBarcode>>(
    statement('report/list_barcode_duplicates'),
    [agency, limit],
  );
  const { rows: orders } = await client.query<Of<AgencyBarcodes['without_barcodes'][number]>>(
    statement('report/list_orders_without_barcode'),
    [agency, limit],
  );
  const { rows: customers } = await client.query<Of<AgencyBarcodes['top_customers'][number]>>(
    statement('report/list_top_customers'),
    [agency],
  );
  return summaries.map(({ agency: key, ...counts }) => ({
    agency: key!,
    sold: Number(counts.sold),
    unused: Number(counts.unused),
    duplicates: Number(counts.duplicates),
    orders: Number(counts.orders),
    orders_without_barcodes: Number(counts.orders_without_barcodes),
    sold_to_unknown: Number(counts.sold_to_unknown),
    duplicate_barcodes: ofAgency(duplicates, key!),
    without_barcodes: ofAgency(orders, key!),
    top_customers: ofAgency(customers, key!),
  }));
}

function ofAgency<Row extends object>(rows: Of<Row>[], key: string): Omit<Of<Row>, 'agency'>[] {
  return rows.filter((row) => row.agency === key).map(({ agency: _, ...row }) => row);
}
