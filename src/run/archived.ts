import { relative, resolve, sep } from 'node:path';
import type { Day } from '../clock.js';
import { statement } from '../warehouse/statements.js';
import type { Session } from './session.js';
import type { ArchivedFile } from './settle.js';

/** The delivery that lies at a path, if that is one of the archive and the ledger knows of it. */
export async function findArchived(
  { client, config }: Session,
  path: string,
): Promise<(ArchivedFile & { fileName: string }) | undefined> {
  const place = placeOf(config.archive, path);
  if (place === undefined) return undefined;
  const { rows } = await client.query<{
    feed: string;
    agency: string;
    business_date: Day;
    file_name: string;
    sha256: string;
    packed: boolean;
  }>(statement('ledger/find_archived'), [place]);
  const [row] = rows;
  return (
    row && {
      place,
      packed: row.packed,
      feed: row.feed,
      agency: row.agency,
      businessDate: row.business_date,
      fileName: row.file_name,
      sha256: row.sha256,
    }
  );
}

function placeOf(archive: string, path: string): string | undefined {
  if (archive.startsWith('s3://') || path.startsWith('s3://')) {
    return path.startsWith(`${archive}/`) ? path.slice(archive.length + 1) : undefined;
  }
  const below = relative(archive, resolve(path));
  return below.startsWith('..') || below.startsWith(sep) ? undefined : below.split(sep).join('/');
}
