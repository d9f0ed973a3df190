import { basename, resolve } from 'node:path';
import type { TallyError } from '../errors.js';
import { agencyKey } from '../feeds/agencyKey.js';
import { findAgency, unknownAgency } from '../feeds/agencies.js';
import { findFeed, type Feed } from '../feeds/feed.js';
import type { Found } from '../inbox/companions.js';
import { inboxFor } from '../inbox/inbox.js';
import { acceptHeld } from '../load/accept.js';
import { rollBack, type RolledBack } from '../load/rollback.js';
import { sqlFiles } from '../warehouse/views.js';
import { findArchived } from './archived.js';
import { nameDelivery, type Said } from './deliveries.js';
import { removeLeftovers } from './leftovers.js';
import { analyze, conclude, emptySummary, loadContext, pass, type Done, type Watching } from './pass.js';
import { publishAfterRun } from './messages.js';
import { writeReportsDue } from './reports.js';
import type { Session } from './session.js';
import type { Candidate } from './settle.js';

export type { RunSummary } from './pass.js';

/** One pass: find deliveries, load, report. With a feed, only its files are looked at. */
export async function run(session: Session, watching: Watching, only?: Feed): Promise<Done> {
  const { inbox } = session;
  const { found, alone, errors } = await inbox.list();
  const deliveries = found.filter((each) => {
    const is = nameDelivery(session, each.name, each.arrivedAt);
    return only ? is?.feed?.name === only.name : !each.isFolder || is !== undefined;
  });
  const candidates = deliveries.map((each) => ({ ...each, fromInbox: true, inbox }));
  const waiting = await removeLeftovers(session, alone, errors);
  const told = { errors, waiting: only ? [] : waiting };
  return pass(session, watching, candidates, { again: false, force: false, said: {} }, told);
}

/** The same for files that someone names; they may lie anywhere. */
export async function loadFiles(
  session: Session,
  watching: Watching,
  paths: string[],
  options: { force: boolean; said: Said },
): Promise<Done> {
  const { agencies, feeds } = session;
  const { agency, feed } = options.said;
  const mayBeNew = (feed ? [feed] : feeds).some((each) => each.agencies === 'any');
  if (agency !== undefined && !mayBeNew && !findAgency(agencies, agency))
    throw unknownAgency(agencies, agency);
  const candidates: Candidate[] = [];
  for (const path of paths) candidates.push(await candidateOf(session, path));
  return pass(session, watching, candidates, { ...options, again: true });
}

/** A file of the inbox arrived there when it did; one from elsewhere arrives now. */
async function candidateOf(session: Session, given: string): Promise<Candidate> {
  const inbox = inboxFor(session.config, given);
  const archived = await findArchived(session, given);
  const name = archived ? undefined : inbox.nameOf(given);
  const fromInbox = name !== undefined;
  const found = (await inbox.find(given)) ?? nothingAt(given);
  return {
    ...found,
    name: name ?? archived?.fileName ?? basename(given),
    arrivedAt: fromInbox && found.version !== undefined ? found.arrivedAt : session.clock.now(),
    // Of what the archive has packed, the checksum beside it is that of the packed file.
    companions: archived ? [] : found.companions,
    fromInbox,
    inbox,
    archived,
  };
}

/** That it cannot be looked at is told when it is loaded. */
function nothingAt(given: string): Found {
  const path = given.startsWith('s3://') ? given : resolve(given);
  const never = new Date(0);
  const times = { arrivedAt: never, writtenAt: never, mayGrow: false, version: undefined };
  return { path, name: basename(given), ...times, isFolder: false, companions: [] };
}

/** Publishes a load that was held, and writes the reports anew. */
export async function acceptLoad(session: Session, watching: Watching, loadId: string): Promise<Done> {
  const accepted = await acceptHeld(
    loadContext(session, watching),
    session.feeds,
    session.agencies.list,
    loadId,
  );
  return conclude(session, watching, { ...emptySummary(session), loads: [accepted] });
}

/** Puts the version before back, writes the reports of its day and of today anew, and tells what that changes. */
export async function rollBackAgency(
  session: Session,
  signal: AbortSignal,
  feedName: string,
  token: string,
): Promise<RolledBack & { errors: TallyError[] }> {
  const feed = findFeed(session.feeds, feedName);
  const agency = findAgency(session.agencies, token)?.key ?? agencyKey(token);
  const done = await rollBack(
    { ...session, signal },
    feed,
    agency,
    sqlFiles('on_rollback', session.config.workspace),
  );
  await analyze(session, [feed.name]);
  const { errors } = await writeReportsDue(session, signal);
  const published = await publishAfterRun(session, signal);
  return { ...done, errors: [...errors, ...published.errors] };
}
