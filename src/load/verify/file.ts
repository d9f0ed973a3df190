import { basename, join } from 'node:path';
import type { Config } from '../../config.js';
import { TallyError } from '../../errors.js';
import { fingerprint, listInbox, type Fingerprint } from '../../inbox/folder.js';
import type { Delivery } from '../delivery.js';
import { asFailure } from '../result.js';
import type { Subject } from './subject.js';

type Places = Pick<Config, 'archive' | 'inbox'>;

interface FoundFile extends Fingerprint {
  path: string;
}

/** The delivery of a load as it was then: its feed from the ledger, its file from the archive. */
export async function deliveryOf(
  config: Places,
  subject: Subject,
  said: string | undefined,
): Promise<Delivery> {
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
  const file = await locate(config, subject, said);
  // Of the agency only the zone matters that its load knew.
  const zone = { timeZone: timeZone ?? undefined, aliases: [], files: {} };
  return { feed, agency: { key: agency, name: agency, ...zone }, businessDate, fileName, ...file };
}

async function locate(config: Places, subject: Subject, said: string | undefined): Promise<FoundFile> {
  try {
    return await findFile(config, subject, said);
  } catch (error) {
    const { message } = asFailure(error);
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

/** The file that was said, that of the archive, or one of this name and content in the inbox. */
async function findFile(config: Places, subject: Subject, said: string | undefined): Promise<FoundFile> {
  const { archivedAs, fileName, sha256 } = subject;
  const path = said ?? (archivedAs === null ? undefined : join(config.archive, archivedAs));
  if (path !== undefined) return { path, ...(await fingerprint(path)) };
  for (const { path: lying, isFolder } of (await listInbox(config.inbox)).found) {
    if (isFolder || basename(lying) !== fileName) continue;
    const facts = await fingerprint(lying).catch(() => undefined);
    if (facts?.sha256 === sha256) return { path: lying, ...facts };
  }
  throw new TallyError(
    'file_missing',
    `${fileName} is not in the archive, and no file of this name and content lies in the inbox.`,
  );
}
