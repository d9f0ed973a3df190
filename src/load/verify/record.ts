import { VERSION } from '../../version.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import type { Verification } from './verification.js';

/** The ledger remembers each verification, with the first of the differences. */
export async function recordVerification(client: Client, done: Verification, now: Date): Promise<void> {
  const { counted } = done;
  await client.query(statement('verify/record_verification'), [
    done.loadId,
    now,
    done.seconds,
    VERSION,
    done.rowForRow,
    done.outcome,
    done.code,
    done.message,
    done.sha256,
    counted?.rowsRead ?? null,
    counted?.rowsLoaded ?? null,
    counted?.rowsInvalid ?? null,
    counted?.rowsRepeated ?? null,
    done.fileDigest,
    done.tableDigest,
    done.differenceCount,
    JSON.stringify(done.differences),
  ]);
}
