import type { TallyError } from '../errors.js';
import { carryOut, type Carried } from '../messages/carry.js';
import { loadDestinations, type Destination } from '../messages/destinations.js';
import { fillOutbox } from '../messages/fill.js';
import { inTime } from '../until.js';
import { databaseFailure } from '../warehouse/failure.js';
import type { Session } from './session.js';

export interface Published {
  carried: Carried[];
  errors: TallyError[];
}

/**
 * What the end of a run does: the outbox is filled whatever happens to the destinations, and what they take within the
 * time that is set is sent. The rest waits.
 */
export async function publishAfterRun(session: Session, signal: AbortSignal): Promise<Published> {
  const seconds = session.config.messagesSeconds;
  // Stdout is where the run says how it went.
  const wanted = ({ kind }: Destination) => kind !== 'stdout' && seconds > 0;
  return inTime(seconds * 1000, signal, (limit) =>
    publishMessages(session, { wanted, all: false, fillUntil: signal, sendUntil: limit }),
  );
}

/** Fills the outbox, and sends what waits to each destination that is wanted: all at once, none waits for another. */
export async function publishMessages(
  session: Session,
  {
    wanted,
    all,
    fillUntil,
    sendUntil,
  }: { wanted: (each: Destination) => boolean; all: boolean; fillUntil: AbortSignal; sendUntil: AbortSignal },
): Promise<Published> {
  try {
    const destinations = loadDestinations(session.config);
    await fillOutbox(session, destinations, { all, signal: fillUntil });
    const sent = await Promise.all(
      destinations.filter(wanted).map((each) => sendTo(session, each, sendUntil)),
    );
    return {
      carried: sent.flatMap((each) => ('destination' in each ? [each] : [])),
      errors: sent.flatMap((each) => ('destination' in each ? [] : [each])),
    };
  } catch (error) {
    return { carried: [], errors: [databaseFailure(error)] };
  }
}

async function sendTo(
  { warehouse, clock, log }: Session,
  destination: Destination,
  signal: AbortSignal,
): Promise<Carried | TallyError> {
  try {
    const client = await warehouse.connect(`tally messages ${destination.name}`);
    try {
      return await carryOut({ client, clock, log }, destination, signal);
    } finally {
      await client.end().catch(() => {});
    }
  } catch (error) {
    log.error('messages not sent', { destination: destination.name, error });
    return databaseFailure(error);
  }
}
