import type { Feed } from '../../feeds/feed.js';
import type { Copies } from '../../inbox/copies.js';
import type { Client } from '../../warehouse/connect.js';
import type { LoadContext } from '../delivery.js';
import type { Subject } from './subject.js';
import type { Differences } from './verification.js';

/** What a verification works with. */
export type VerifyContext = Pick<
  LoadContext,
  'client' | 'clock' | 'config' | 'progress' | 'signal' | 'warehouse'
> & { copies: Copies };

export interface VerifyOptions {
  /** Compare all rows one by one, not only their digests. */
  rowForRow: boolean;
  /** How many differences are told. */
  limit: number;
  /** Where the file lies, if not in the archive. */
  file?: string | undefined;
}

/** One load under comparison, as the snapshot shows it. */
export interface Comparison {
  client: Client;
  subject: Subject;
  /** As it was when the load was made. */
  feed: Feed;
  agency: string;
  differences: Differences;
}
