import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Day } from '../clock.js';
import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import type { Kept } from '../inbox/archive.js';
import type { Found } from '../inbox/companions.js';
import type { Taken } from '../inbox/copies.js';
import { unreadable } from '../inbox/folder.js';
import { readCompanions, type Inbox, type Put, type Sent } from '../inbox/inbox.js';
import { controlOf, refuseOtherFile } from '../inbox/manifest.js';
import type { Delivery, LoadContext, LoadResult } from '../load/delivery.js';
import { loadDelivery, type LoadOptions } from '../load/load.js';
import { asFailure, emptyResult } from '../load/result.js';
import { databaseFailure } from '../warehouse/failure.js';
import { prepared, statement } from '../warehouse/statements.js';
import type { Named } from './deliveries.js';
import { isLost } from './reports.js';
import type { Session } from './session.js';

/** A file that is to be loaded; its name is as its feed's patterns see it: below the inbox. */
export interface Candidate extends Found {
  fromInbox: boolean;
  /** Where it lies, */
  inbox: Inbox;
  /** unless it lies in the archive. */
  archived?: ArchivedFile | undefined;
}

/** A delivery that the archive keeps, as the ledger knows it. */
export interface ArchivedFile extends Kept {
  feed: string;
  agency: string;
  businessDate: Day;
  sha256: string;
}

/**
 * What becomes of a file: it is loaded, or it is told why not. What goes wrong beside that is put to `errors`.
 */
export async function settle(
  context: LoadContext & Session,
  errors: TallyError[],
  file: Candidate,
  is: Named,
  options: LoadOptions,
): Promise<LoadResult> {
  if (is === undefined) return refuse(context, errors, file, {}, await unnamed(file, context.feeds));
  if ('failure' in is) return refuse(context, errors, file, is, is.failure);
  try {
    const sent = await readCompanions(file.inbox, file);
    const taken = await take(context, file);
    try {
      refuseOtherFile(sent.manifests, taken);
      const delivery = {
        ...is,
        path: taken.path,
        fileName: basename(file.name),
        size: taken.size,
        sha256: taken.sha256,
        stamp: taken.stamp,
        control: controlOf(sent.manifests),
      };
      const result = await loadDelivery(context, delivery, options);
      const settled =
        result.outcome === 'loaded' || result.outcome === 'unchanged' || result.code === 'known';
      if (settled && context.config.archiveDeliveries)
        await putAway(context, errors, file, { delivery, taken, sent });
      return result;
    } finally {
      await taken.release();
    }
  } catch (error) {
    const failure = asFailure(error);
    return failure.code === 'file_missing' && file.fromInbox && !options.again
      ? takenAway(file, is)
      : refuse(context, errors, file, is, failure);
  }
}

function take({ archive, copies, signal }: LoadContext & Session, file: Candidate): Promise<Taken> {
  return file.archived ? archive.take(file.archived, signal) : file.inbox.take(file, copies, signal);
}

/** It was there when the inbox was read: another run, or the agency itself, has taken it since. */
function takenAway(file: Candidate, is: Pick<Delivery, 'feed' | 'agency' | 'businessDate'>): LoadResult {
  return {
    ...emptyResult(basename(file.path)),
    feed: is.feed.name,
    agency: is.agency.key,
    businessDate: is.businessDate,
    outcome: 'skipped',
    code: 'taken_away',
    message: 'it was taken away after the inbox was read, probably by another run',
  };
}

/** A file that did not become a load; of what lies in the inbox the ledger says so, once. */
async function refuse(
  { client, clock, runId }: Session,
  errors: TallyError[],
  file: Candidate,
  is: { feed?: Feed | undefined; agency?: { key: string }; businessDate?: Day },
  failure: TallyError,
): Promise<LoadResult> {
  const name = basename(file.path);
  const feed = is.feed?.name ?? null;
  const agency = is.agency?.key ?? null;
  const businessDate = is.businessDate ?? null;
  const { code, message, hint = null } = failure;
  if (file.fromInbox && feed && code !== 'interrupted' && !isLost(failure)) {
    const values = [runId, feed, agency, businessDate, name, clock.now(), code, message];
    await client
      .query(statement('ledger/record_refusal'), values)
      .catch((error: unknown) => errors.push(databaseFailure(error)));
  }
  return { ...emptyResult(name), feed, agency, businessDate, code, message, hint };
}

/** What lay in the inbox moves; of a file from elsewhere the archive keeps a copy. */
async function putAway(
  { client, archive }: Session,
  errors: TallyError[],
  file: Candidate,
  { delivery, taken, sent }: { delivery: Delivery; taken: Taken; sent: Sent },
): Promise<void> {
  const { feed, agency, businessDate, fileName, path, size, sha256 } = delivery;
  if (file.archived && isOf(file.archived, delivery)) return;
  const record = async ({ place, packed }: Kept): Promise<void> => {
    const values = [feed.name, agency.key, businessDate, sha256, place, packed];
    await client.query(prepared('ledger/record_archived', values)).catch((error: unknown) => {
      throw databaseFailure(error);
    });
  };
  const { companions } = sent;
  const put = { path, name: fileName, feed: feed.name, businessDate, size, sha256, companions };
  const keep: Put = (how, object) => archive.put(object ? { ...put, object } : put, how, record);
  try {
    if (file.fromInbox) await file.inbox.done(file, taken, keep, record);
    else await keep('copy');
  } catch (error) {
    // The load is what it is; where the file lies is another matter.
    errors.push(asFailure(error));
  }
}

function isOf(archived: ArchivedFile, { feed, agency, businessDate, sha256 }: Delivery): boolean {
  return (
    archived.feed === feed.name &&
    archived.agency === agency.key &&
    archived.businessDate === businessDate &&
    archived.sha256 === sha256
  );
}

async function unnamed(file: Candidate, feeds: Feed[]): Promise<TallyError> {
  try {
    if ((await stat(file.path)).isDirectory()) {
      return new TallyError('file_not_regular', `${file.path} is a folder; expected files.`, {
        hint: 'To load what lies in the inbox: tally run',
      });
    }
  } catch (error) {
    return unreadable(file.path, error);
  }
  return new TallyError('file_unnamed', `No feed has files with a name like ${basename(file.path)}.`, {
    hint: `Say --feed (${feeds.map((feed) => feed.name).join(', ')}) and --agency.`,
  });
}
