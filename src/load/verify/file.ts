import { basename } from 'node:path';
import { dayOf } from '../../clock.js';
import { TallyError } from '../../errors.js';
import { takeKept } from '../../inbox/archive.js';
import type { Taken } from '../../inbox/copies.js';
import { inboxFor, openInbox } from '../../inbox/inbox.js';
import type { Delivery } from '../delivery.js';
import { asFailure } from '../result.js';
import type { VerifyContext } from './context.js';
import type { Subject } from './subject.js';

type Places = Pick<VerifyContext, 'config' | 'copies' | 'signal'>;

/** A delivery whose file may be a copy, which is to be released. */
export type TakenDelivery = Delivery & Pick<Taken, 'release'>;

/** The delivery of a load as it was then: its feed from the ledger, its file from the archive. */
export async function deliveryOf(
  places: Places,
  subject: Subject,
  said: string | undefined,
): Promise<TakenDelivery> {
  const { loadId, outcome, agency, businessDate, feed, feedName, fileName, timeZone } = subject;
  if ((outcome !== 'loaded' && outcome !== 'held') || agency === null || businessDate === null) {
    const what =
      outcome === null ? 'is not closed in the ledger' : `is ${outcome}, so it brought no rows of its own`;
    throw new TallyError('not_verifiable', `Load ${loadId} ${what}.`, {
      hint: 'Loads that are loaded or held can be verified: tally loads',
    });
  }
  if (!feed) {
    throw new TallyError(
      'not_verifiable',
      `The feed ${feedName} has changed since load ${loadId}, and its declaration of then was not kept.`,
      { hint: 'Nothing is known to be wrong. Since this version of Tallyhouse all declarations are kept.' },
    );
  }
  const file = await locate(places, subject, said);
  // Of the agency only the zone matters that its load knew.
  const zone = { timeZone: timeZone ?? undefined, aliases: [], files: {} };
  const whose = { feed, agency: { key: agency, name: agency, ...zone }, businessDate, fileName };
  return { ...whose, control: undefined, ...file };
}

async function locate(places: Places, subject: Subject, said: string | undefined): Promise<Taken> {
  try {
    return await findFile(places, subject, said);
  } catch (error) {
    const message = wasCleaned(places, subject) ?? asFailure(error).message;
    throw new TallyError(
      'not_verifiable',
      `The file of load ${subject.loadId} cannot be verified: ${message}`,
      {
        hint: `If it lies elsewhere: tally verify --load ${subject.loadId} --file FILE`,
        cause: error,
      },
    );
  }
}

/** That it is gone is as it should be, where the archive is cleaned. */
function wasCleaned({ config }: Places, { archiveCleanedAt: at }: Subject): string | undefined {
  if (at === null) return undefined;
  const day = dayOf(at, config.timeZone);
  return `it was cleaned from the archive on ${day} (TALLY_KEEP_ARCHIVE_DAYS). What the ledger counts of it stays.`;
}

/** The file that was said, that of the archive, or one of this name and content in the inbox. */
export async function findFile(
  places: Places,
  subject: Pick<Subject, 'archivedAs' | 'archivedPacked' | 'fileName' | 'sha256'>,
  said: string | undefined,
): Promise<Taken> {
  const { config, copies, signal } = places;
  const { archivedAs, archivedPacked, fileName, sha256 } = subject;
  if (said !== undefined) {
    const inbox = inboxFor(config, said);
    const found = await inbox.find(said);
    if (!found) throw new TallyError('file_missing', `There is no file ${said}.`);
    return inbox.take(found, copies, signal);
  }
  if (archivedAs !== null)
    return takeKept(config, copies, { place: archivedAs, packed: archivedPacked }, signal);
  const inbox = openInbox(config);
  for (const found of (await inbox.list()).found) {
    if (found.isFolder || basename(found.name) !== fileName) continue;
    const taken = await inbox.take(found, copies, signal).catch(() => undefined);
    if (taken?.sha256 === sha256) return taken;
    await taken?.release();
  }
  throw new TallyError(
    'file_missing',
    `${fileName} is not in the archive, and no file of this name and content lies in the inbox.`,
  );
}
