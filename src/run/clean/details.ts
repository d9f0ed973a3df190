import { takeOwnerRole } from '../../warehouse/roles.js';
import { statement } from '../../warehouse/statements.js';
import { transaction } from '../../warehouse/transaction.js';
import { askAmount, measure, type Kind } from './kind.js';

/** So many rows make a short transaction. */
const ROWS_AT_ONCE = 10_000;

/**
 * What the ledger has of how the work went on, and not of what came of it: runs, deliveries, loads, histories,
 * corrections and reports stay for ever.
 */
export const details: Kind[] = [
  detail(
    'slots',
    () => statement('clean/ended_slots'),
    (ended) => statement('clean/delete_slots', { ended }),
  ),
  detail(
    'alarms',
    () => statement('clean/ended_alarms'),
    (ended) => statement('clean/delete_alarms', { ended }),
  ),
  detail(
    'verifications',
    () => statement('clean/ended_verifications'),
    (ended) => statement('clean/delete_verifications', { ended }),
  ),
];

/** `ended` selects what may go, and `deleting` lets go of the next of that. */
function detail(what: Kind['what'], ended: () => string, deleting: (ended: string) => string): Kind {
  return {
    what,
    kept: 'details',
    measure: (client, before) => measure(client, ended(), [before]),
    async clean({ client, signal }, before) {
      const done = { count: 0, bytes: 0, left: 0 };
      for (let last = ROWS_AT_ONCE; last === ROWS_AT_ONCE && !signal.aborted;) {
        const { count, bytes } = await transaction(client, async () => {
          // What the ledger has of the past is not a loader's to delete.
          await takeOwnerRole(client);
          return askAmount(client, deleting(ended()), [before, ROWS_AT_ONCE]);
        });
        done.count += count;
        done.bytes += bytes;
        last = count;
      }
      return done;
    },
  };
}
