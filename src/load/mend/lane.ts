import { TallyError } from '../../errors.js';
import type { Agency } from '../../feeds/agencies.js';
import { unlock, waitForLock } from '../../warehouse/locks.js';
import type { LoadContext } from '../delivery.js';
import { lockName } from '../load.js';

/** What corrections work with. */
export interface Mending extends Pick<
  LoadContext,
  'audits' | 'client' | 'clock' | 'config' | 'histories' | 'runId' | 'signal' | 'warehouse'
> {
  agencies: Agency[];
  /** Who corrects. */
  by: string;
}

/** Meanwhile no load of this feed and agency is published, rolled back or corrected by someone else. */
export async function inLane<T>(
  { client, config, signal }: Pick<Mending, 'client' | 'config' | 'signal'>,
  { feed, agency }: { feed: string; agency: string },
  work: () => Promise<T>,
): Promise<T> {
  const lock = lockName(feed, agency);
  if (!(await waitForLock(client, lock, config.lockWaitSeconds, signal))) {
    throw new TallyError(
      'load_busy',
      `A load of ${feed} for ${agency} is going on; try again when it is done.`,
    );
  }
  try {
    return await work();
  } finally {
    await unlock(client, lock);
  }
}
