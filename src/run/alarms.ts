import { sendWaiting } from '../alarms/send.js';
import { watch } from '../alarms/watch.js';
import { listFreshness } from '../ledger/freshness.js';
import type { Session } from './session.js';

type Telling = Pick<Session, 'client' | 'clock' | 'config' | 'log' | 'feeds' | 'agencies'>;

/** So long a run waits for its channels at most; what has no answer by then is sent by whoever comes next. */
const END_OF_RUN_MS = 5_000;

/**
 * At the end of a run, when everything else is done and written: raises what there is to tell, and sends it. What goes
 * wrong here is only logged, and waits: no run fails for it.
 */
export async function tellAlarms(session: Telling, limitMs = END_OF_RUN_MS): Promise<void> {
  try {
    await watch(session, () => listFreshness(session, session.clock.now()));
    await sendWaiting(session, { limitMs });
  } catch (error) {
    session.log.warn('alarms wait', { error });
  }
}
