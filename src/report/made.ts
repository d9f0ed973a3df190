import { join } from 'node:path';
import type { Day } from '../clock.js';
import { VERSION } from '../version.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import { sqlFiles } from '../warehouse/views.js';
import { sha256Of } from './file.js';
import type { Report } from './report.js';

/** A file that a report was written to. */
export interface Made {
  path: string;
  rows: number;
  sha256: string;
}

/**
 * A digest of all that a report of what is live is made of; the same digest, the same bytes. Null where nobody knows what it reads:
 * a report or a view of the workspace's own may read anything.
 */
export async function digestSources(
  client: Client,
  report: Report,
  workspace: string,
): Promise<string | null> {
  const isKnown = report.isShipped && report.live.length > 0;
  if (!isKnown || sqlFiles('views', workspace).some((view) => view.isReplacement)) return null;
  const { rows } = await client.query<{ made_of: string }>(statement('report/digest_sources'), [
    report.live,
    `${VERSION} ${report.text}`,
  ]);
  return rows[0]!.made_of;
}

/** A file that a report was written to when it was made of the same, if it still has the bytes that it had then. */
export async function findMade(
  client: Client,
  output: string,
  { report, date, madeOf }: { report: Report; date: Day; madeOf: string },
): Promise<Made | undefined> {
  const { rows } = await client.query<{ file_name: string; rows: string; sha256: string }>(
    statement('report/find_made'),
    [report.name, madeOf, date],
  );
  if (!rows[0]) return undefined;
  const { file_name: name, sha256 } = rows[0];
  const path = join(output, name);
  return (await sha256Of(path)) === sha256 ? { path, rows: Number(rows[0].rows), sha256 } : undefined;
}
