import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, parse, resolve } from 'node:path';
import type { Config } from '../config.js';
import type { TallyError } from '../errors.js';
import { findFeed, loadFeeds } from '../feeds/feed.js';
import { dismissRows, type Dismissed, type DismissOptions } from '../load/mend/dismiss.js';
import { writeOpenRows } from '../load/mend/export.js';
import { beginFile, refuseExisting } from '../load/mend/file.js';
import { fixRows, type Fixed } from '../load/mend/fix.js';
import type { Mending } from '../load/mend/lane.js';
import { findMendSubject } from '../load/mend/subject.js';
import { loadContext } from './pass.js';
import { writeReportsDue } from './reports.js';
import type { Session } from './session.js';
import { askLedger } from './status.js';

export interface Exported {
  loadId: string;
  feed: string;
  agency: string;
  /** Null where it was written to stdout. */
  file: string | null;
  rows: number;
}

/** Writes the open invalid rows of a load as a sheet: to a file, or wherever `write` leads. */
export async function exportInvalidRows(
  config: Config,
  loadId: string,
  to: { path: string | undefined; overwrite: boolean } | { write(text: string): Promise<void> },
): Promise<Exported> {
  const feeds = loadFeeds(config.workspace);
  return askLedger(config, async (client) => {
    const subject = await findMendSubject(client, loadId);
    const { feedName, agency } = subject;
    // A feed that this workspace has no longer can be exported all the same.
    const isGone = !feeds.some(({ name }) => name === feedName);
    const feed = isGone && subject.feed ? subject.feed : findFeed(feeds, feedName);
    const exported = { loadId, feed: feedName, agency };
    if ('write' in to)
      return { ...exported, file: null, rows: await writeOpenRows(client, subject, feed, to.write) };
    const path = resolve(to.path ?? join(config.output, `invalid_rows_of_load_${loadId}.csv`));
    if (!to.overwrite)
      refuseExisting(path, 'Someone may be working on it. Name another file, or write over it: --force');
    const file = await beginFile(path);
    try {
      const rows = await writeOpenRows(client, subject, feed, file.write);
      await file.keep();
      return { ...exported, file: path, rows };
    } finally {
      await file.discard();
    }
  });
}

/** Takes a sheet back, and writes the reports anew that count its rows. */
export async function fixInvalidRows(
  session: Session,
  signal: AbortSignal,
  path: string,
  { back, force, by }: { back: string | undefined; force: boolean; by: string | undefined },
): Promise<Fixed & { errors: TallyError[] }> {
  const options = { back: resolve(back ?? freeNameBeside(path)), force };
  const context = mendingOf(session, signal, by);
  const fixed = await fixRows(context, session.feeds, path, options);
  const { errors } = fixed.fixed > 0 ? await writeReportsDue(session, signal) : { errors: [] };
  return { ...fixed, errors };
}

export async function dismissInvalidRows(
  session: Session,
  signal: AbortSignal,
  options: DismissOptions & { by: string | undefined },
): Promise<Dismissed> {
  return dismissRows(mendingOf(session, signal, options.by), options);
}

function mendingOf(session: Session, signal: AbortSignal, by: string | undefined): Mending {
  const context = loadContext(session, { signal, progress: () => {} });
  return { ...context, agencies: session.agencies.list, by: by ?? session.config.user ?? osUser() };
}

/** Beside the sheet, under a name that is free: what came back before may not have been looked at yet. */
function freeNameBeside(path: string): string {
  const { dir, name, ext } = parse(resolve(path));
  for (let n = 1; ; n++) {
    const free = join(dir, `${name}.back${n === 1 ? '' : `-${n}`}${ext || '.csv'}`);
    if (!existsSync(free)) return free;
  }
}

/** Some containers run as a user that has no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
