import { hostname } from 'node:os';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { loadAgencies, type Agencies } from '../feeds/agencies.js';
import { loadFeeds, type Feed } from '../feeds/feed.js';
import { openArchive, type Archive } from '../inbox/archive.js';
import type { Copies } from '../inbox/copies.js';
import { openInbox, type Inbox } from '../inbox/inbox.js';
import type { LoadContext } from '../load/delivery.js';
import { Lineage } from '../lineage/lineage.js';
import { openLog, type Log } from '../log.js';
import { VERSION } from '../version.js';
import { openWarehouse, type Client, type Warehouse } from '../warehouse/connect.js';
import { TallyError } from '../errors.js';
import { databaseFailure } from '../warehouse/failure.js';
import { tryLock } from '../warehouse/locks.js';
import { statement } from '../warehouse/statements.js';
import { tellAlarms } from './alarms.js';
import { CommandCopies } from './copies.js';
import { markCrashed, prepare, runLock, type Prepared } from './prepare.js';

/** What a command works with, from reading the feeds to letting go of the database. */
export interface Session {
  config: Config;
  feeds: Feed[];
  agencies: Agencies;
  warehouse: Warehouse;
  client: Client;
  clock: Clock;
  log: Log;
  lineage: Lineage;
  runId: string;
  prepared: Prepared;
  inbox: Inbox;
  archive: Archive;
  copies: Copies;
  later: LoadContext['later'];
}

export type RunOutcome = 'done' | 'held' | 'failed' | 'interrupted';

/** What came of a command; `errors` is what went wrong beside its loads. */
export interface Worked<T> {
  result: T;
  outcome: RunOutcome;
  errors?: TallyError[];
}

/** Opens the warehouse for a command that changes it, and writes the command into the ledger as a run. */
export async function inSession<T>(
  { config, clock, command }: { config: Config; clock: Clock; command: string },
  work: (session: Session) => Promise<Worked<T>>,
): Promise<T> {
  const feeds = loadFeeds(config.workspace);
  const agencies = loadAgencies(config.workspace);
  return withClient(config, async (warehouse, client) => {
    const root = openLog(config);
    const prepared = await prepare(warehouse, client, { config, feeds, agencies });
    await markCrashed(client, root);
    const runId = await startRun(client, command, clock);
    const log = root.child({ run_id: Number(runId) });
    const copies = new CommandCopies(config, warehouse);
    const places = { inbox: openInbox(config), archive: openArchive(config, copies), copies };
    const unfinished: Promise<void>[] = [];
    const lineage = new Lineage(config, warehouse.url, { id: runId, command }, feeds, clock, log);
    const session = {
      config,
      feeds,
      agencies,
      warehouse,
      client,
      clock,
      log,
      lineage,
      runId,
      prepared,
      ...places,
      later: (work: Promise<void>) => void unfinished.push(work),
    };
    try {
      log.info('run begins', { command });
      lineage.runBegins();
      const { result, outcome, errors = [] } = await work(session);
      // One that died shortly before this start may have held its locks until now.
      await markCrashed(client, log, runId).catch(() => {});
      await finishRun(session, outcome, errors).catch((error: unknown) => {
        // What failed for want of a database is told by the result; the next start marks the run as crashed.
        if (outcome === 'done' || outcome === 'held') throw error;
      });
      log.info('run ended', { command, outcome });
      lineage.runEnded(outcome === 'done' || outcome === 'held' ? undefined : outcome);
      // Whoever stopped it does not want to wait for a channel.
      if (outcome !== 'interrupted') await tellAlarms(session);
      return result;
    } catch (error) {
      log.error('run failed', { command, error });
      lineage.runEnded(error instanceof Error ? error.message : String(error));
      await finishRun(session, 'failed', error instanceof TallyError ? [error] : []).catch(() => {});
      await tellAlarms(session);
      throw error;
    } finally {
      await Promise.all(unfinished);
      await lineage.close();
      await copies.remove();
      root.end();
    }
  });
}

/** A connection to the warehouse for as long as `work` goes on; what the database says is put in our words. */
export async function withClient<T>(
  config: Config,
  work: (warehouse: Warehouse, client: Client) => Promise<T>,
): Promise<T> {
  const { warehouse, client } = await openWarehouse(config);
  try {
    return await work(warehouse, client);
  } catch (error) {
    throw databaseFailure(error);
  } finally {
    await client.end().catch(() => {});
    await warehouse.close();
  }
}

async function startRun(client: Client, command: string, clock: Clock): Promise<string> {
  const values = [command, hostname(), process.pid, VERSION, clock.now()];
  const { rows } = await client.query<{ run_id: string }>(statement('ledger/start_run'), values);
  const runId = rows[0]!.run_id;
  await tryLock(client, runLock(runId));
  return runId;
}

/** Over a new connection where the old one is gone. */
async function finishRun(session: Session, outcome: RunOutcome, errors: TallyError[]): Promise<void> {
  const { client, clock, runId, warehouse } = session;
  const said = errors.map(({ code, message, hint = null }) => ({ code, message, hint }));
  const values = [runId, clock.now(), outcome, JSON.stringify(said)];
  try {
    await client.query(statement('ledger/finish_run'), values);
  } catch {
    const other = await warehouse.connect('tally ledger');
    await other.query(statement('ledger/finish_run'), values).finally(() => other.end());
  }
}
