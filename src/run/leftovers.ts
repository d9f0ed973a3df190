import { basename } from 'node:path';
import type { TallyError } from '../errors.js';
import type { Kept } from '../inbox/archive.js';
import { companionOf, type Companion } from '../inbox/companions.js';
import { readWhole } from '../inbox/inbox.js';
import { readChecksum } from '../inbox/manifest.js';
import { asFailure } from '../load/result.js';
import { statement } from '../warehouse/statements.js';
import type { Waiting } from './pass.js';
import type { Session } from './session.js';

/**
 * A companion whose file is not there has come before it, or a run that was killed has put the file away and not this.
 * The archive tells which: what is there already goes, because it would be taken for that of the next file of this
 * name; of the others it is said that they wait.
 */
export async function removeLeftovers(
  session: Session,
  alone: Companion[],
  errors: TallyError[],
): Promise<Waiting[]> {
  const waiting: Waiting[] = [];
  for (const companion of alone) {
    try {
      if (session.config.archiveDeliveries && (await isArchived(session, companion)))
        await session.inbox.remove(companion);
      else waiting.push({ file: companion.name, message: 'the file that it belongs to is not there' });
    } catch (error) {
      errors.push(asFailure(error));
    }
  }
  return waiting;
}

async function isArchived({ client, inbox, archive }: Session, companion: Companion): Promise<boolean> {
  const { of } = companionOf(companion.name)!;
  const { rows } = await client.query<Kept & { sha256: string }>(statement('ledger/find_archived_file'), [
    basename(of),
  ]);
  if (!rows[0]) return false;
  const bytes = await readWhole(inbox, companion);
  if (!bytes) return false;
  if (companion.kind === 'checksum') return checksumIn(companion, bytes) === rows[0].sha256;
  const there = await archive.readCompanion(rows[0], companion.ending);
  return there !== undefined && bytes.equals(there);
}

function checksumIn({ name }: Companion, bytes: Buffer): string | undefined {
  try {
    return readChecksum(name, bytes.toString('utf8')).sha256;
  } catch {
    return undefined;
  }
}
