import { quoteName, statement } from '../../warehouse/statements.js';
import type { Comparison } from './context.js';

/** Rows that were invalid in the file and fixed since belong into the table, with the values of their audit entries. */
export async function addCorrected({ client, subject, feed }: Comparison): Promise<void> {
  const columns = feed.columns.map((column) => column.name);
  const values = columns.map((column) => `row.${quoteName(column)}`).join(', ');
  await client.query(statement('verify/add_corrected', { columns, values }), [subject.loadId]);
}

/** The ledger, file_invalid_rows and the audit entries must tell the same of how many rows were fixed and dismissed. */
export async function compareCorrections({ client, subject, differences }: Comparison): Promise<void> {
  const { rows } = await client.query<{ action: string; counted: string; marked: string; noted: string }>(
    statement('verify/count_corrections'),
    [subject.loadId],
  );
  for (const { action, counted, marked, noted } of rows) {
    if (counted === marked && counted === noted) continue;
    const message = `the ledger counts ${counted} rows as ${action}; in file_invalid_rows they are ${marked}, and in the audit entries ${noted}`;
    differences.add('ledger', message);
  }
}
