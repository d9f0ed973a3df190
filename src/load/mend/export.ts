import type { Feed } from '../../feeds/feed.js';
import type { Client } from '../../warehouse/connect.js';
import { selectInBatches } from '../../warehouse/rows.js';
import { statement } from '../../warehouse/statements.js';
import { rawText, splitterOf, type Splitter } from './cells.js';
import { headerText, rowsText, sheetOf, stampOf, type Sheet, type SheetRow } from './sheet.js';
import type { MendSubject } from './subject.js';

/** Writes the open invalid rows of a load as a sheet, at any number in the same memory; tells how many they are. */
export async function writeOpenRows(
  client: Client,
  subject: MendSubject,
  feed: Feed,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const delivered = subject.feed ?? feed;
  const split = splitterOf(delivered, subject.fields);
  const sheet = sheetOf(feed);
  let count = 0;
  await write(headerText(sheet));
  for await (const { rows } of selectInBatches(client, statement('mend/list_open_rows'), [subject.loadId])) {
    const lines = (rows as [string, string, string, string][]).map(([line, raw, encoding, summary]) => {
      const bytes = Buffer.from(raw.slice(2), 'hex');
      return sheetRow(sheet, delivered, split, { loadId: subject.loadId, line, bytes, encoding, summary });
    });
    await write(rowsText(lines));
    count += rows.length;
  }
  return count;
}

interface OpenRow {
  loadId: string;
  line: string;
  bytes: Buffer;
  encoding: string;
  summary: string;
}

function sheetRow(
  { columns }: Sheet,
  delivered: Feed,
  split: Splitter,
  { loadId, line, bytes, encoding, summary }: OpenRow,
): SheetRow {
  const cells = split(bytes, encoding);
  return {
    stamp: stampOf(loadId, line, bytes),
    line,
    reasons: summary,
    cells: columns.map((name) => cells?.get(name)?.text ?? ''),
    raw: cells ? '' : rawText(delivered, bytes, encoding),
  };
}
