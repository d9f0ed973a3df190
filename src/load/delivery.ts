import type { Clock, Day } from '../clock.js';
import type { Config } from '../config.js';
import type { Agency } from '../feeds/agencies.js';
import type { Feed } from '../feeds/feed.js';
import type { Control } from '../inbox/manifest.js';
import type { Log } from '../log.js';
import type { Client, Warehouse } from '../warehouse/connect.js';
import type { SqlFile } from '../warehouse/views.js';
import type { ReasonCount } from './invalid.js';

/** One file that arrived, and whose it is. */
export interface Delivery {
  feed: Feed;
  agency: Agency;
  businessDate: Day;
  path: string;
  fileName: string;
  size: number;
  sha256: string;
  /** Of the file as it was when its checksum was made. */
  stamp: string;
  /** What its manifest says of its rows. */
  control: Control | undefined;
}

/** What a load works with. */
export interface LoadContext {
  config: Config;
  warehouse: Warehouse;
  client: Client;
  clock: Clock;
  log: Log;
  runId: string;
  /** sql/audits and sql/history: what a feed is asked when it is loaded. */
  audits: SqlFile[];
  histories: SqlFile[];
  signal: AbortSignal;
  progress(done: LoadProgress): void;
  /** Takes what nobody has to wait for but the command itself, at its end. It never fails. */
  later(work: Promise<void>): void;
  /** Whoever is told of each load that is opened and closed; it is never waited for. */
  lineage: LoadObserver;
}

export interface LoadObserver {
  loadBegins(load: LoadResult): void;
  loadEnded(load: LoadResult): void;
}

export interface LoadProgress {
  delivery: Delivery;
  bytes: number;
  rows: number;
}

export type Outcome = 'loaded' | 'unchanged' | 'held' | 'failed' | 'skipped';

/** What became of a delivery. */
export interface LoadResult {
  loadId: string | null;
  feed: string | null;
  agency: string | null;
  businessDate: Day | null;
  file: string;
  sha256: string | null;
  rowsRead: number;
  rowsLoaded: number;
  rowsInvalid: number;
  rowsRepeated: number;
  outcome: Outcome;
  /** Whether readers see these rows now. */
  live: boolean;
  seconds: number;
  code: string | null;
  message: string | null;
  hint: string | null;
  warnings: { column: string | null; rule: string; count: number; first_line: number | null }[];
  /** Why rows are invalid, the most frequent first. */
  reasons: ReasonCount[];
  drift: { extra: string[]; absent: string[] };
}
