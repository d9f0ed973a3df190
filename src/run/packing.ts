import type { TallyError } from '../errors.js';
import type { Kept, LaterPacking, PlainFile } from '../inbox/archive.js';
import { WORTH_PACKING_BYTES } from '../inbox/pack.js';
import { asFailure } from '../load/result.js';
import { statement } from '../warehouse/statements.js';
import { tryLock, unlock } from '../warehouse/locks.js';
import { isLost } from './reports.js';
import type { Session } from './session.js';

/** Held by whoever packs files of the archive, or removes them. */
export const PACKING = 'tally pack archive';

/**
 * Packs what lies plain in the archive, when everything else is done: nobody waits for it but the command itself. What
 * an interruption leaves is packed by the next run.
 */
export async function packArchive(
  session: Session,
  signal: AbortSignal,
  errors: TallyError[],
): Promise<void> {
  const { client, archive, config } = session;
  if (!config.archiveCompress || !archive.later) return;
  try {
    // Of two runs one does it.
    if (!(await tryLock(client, PACKING))) return;
    await packAll(session, archive.later, signal, errors).finally(() => unlock(client, PACKING));
  } catch (error) {
    errors.push(asFailure(error));
  }
}

async function packAll(
  { client, log }: Session,
  later: LaterPacking,
  signal: AbortSignal,
  errors: TallyError[],
): Promise<void> {
  const { rows: left } = await client.query<PlainFile>(statement('ledger/find_last_packed'));
  for (const file of left) await later.removePlain(file);
  const { rows } = await client.query<PlainFile>(statement('ledger/list_unpacked'), [WORTH_PACKING_BYTES]);
  for (const file of rows) {
    if (signal.aborted) return;
    const record = ({ place }: Kept) =>
      client.query(statement('ledger/record_packed'), [file.place, file.sha256, place]);
    try {
      await later.pack(file, record, signal);
    } catch (error) {
      if (signal.aborted) return;
      const failure = asFailure(error);
      if (isLost(failure)) throw failure;
      log.warn('a delivery stays plain in the archive', { place: file.place, error });
      errors.push(failure);
    }
  }
}
