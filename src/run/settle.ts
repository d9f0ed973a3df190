import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Day } from '../clock.js';
import { stampOf } from '../content/stamp.js';
import { TallyError } from '../errors.js';
import type { Feed } from '../feeds/feed.js';
import { archive } from '../inbox/archive.js';
import { fingerprint, unreadable } from '../inbox/folder.js';
import type { Delivery, LoadContext, LoadResult } from '../load/delivery.js';
import { loadDelivery, type LoadOptions } from '../load/load.js';
import { asFailure, emptyResult } from '../load/result.js';
import { databaseFailure } from '../warehouse/failure.js';
import { prepared, statement } from '../warehouse/statements.js';
import type { Named } from './deliveries.js';
import { isLost } from './reports.js';
import type { Session } from './session.js';

/** A file that is to be loaded. */
export interface Candidate {
  path: string;
  /** As its feed's patterns see it: below the inbox. */
  name: string;
  arrivedAt: Date;
  fromInbox: boolean;
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
    const delivery = {
      ...is,
      path: file.path,
      fileName: basename(file.path),
      ...(await fingerprint(file.path)),
    };
    const result = await loadDelivery(context, delivery, options);
    const settled = result.outcome === 'loaded' || result.outcome === 'unchanged' || result.code === 'known';
    if (settled && context.config.archiveDeliveries) await putAway(context, errors, file, delivery);
    return result;
  } catch (error) {
    const failure = asFailure(error);
    return failure.code === 'file_missing' && file.fromInbox && !options.again
      ? takenAway(file, is)
      : refuse(context, errors, file, is, failure);
  }
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
  { client, config }: LoadContext,
  errors: TallyError[],
  file: Candidate,
  delivery: Delivery,
): Promise<void> {
  const { feed, agency, businessDate, path, sha256 } = delivery;
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  // Another run, which was waited for, has put the same file away; or it is a new delivery under the same name,
  // which the next run meets.
  if (file.fromInbox && (!there || stampOf(there) !== delivery.stamp)) return;
  try {
    const how = file.fromInbox ? 'move' : 'copy';
    const put = { path, feed: feed.name, businessDate, sha256 };
    await archive(config.archive, put, how, async (place) => {
      const values = [feed.name, agency.key, businessDate, sha256, place];
      await client.query(prepared('ledger/record_archived', values)).catch((error: unknown) => {
        throw databaseFailure(error);
      });
    });
  } catch (error) {
    // The load is what it is; where the file lies is another matter.
    errors.push(asFailure(error));
  }
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
