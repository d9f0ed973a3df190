import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { findWorkspace, readConfig, withoutPassword, type Config } from '../config.js';
import { TallyError } from '../errors.js';
import { readAgencies, type Agencies } from '../feeds/agencies.js';
import { readFeeds, type Feed } from '../feeds/feed.js';
import { faultText } from '../feeds/yaml.js';
import { isUrl, placeOf, storeOf } from '../inbox/s3-store.js';
import { readAudits } from '../load/audit.js';
import { readHistories } from '../load/history.js';
import { loadDestinations } from '../messages/destinations.js';
import { readReport } from '../report/report.js';
import { checkServer, connectTo, withDatabase } from '../warehouse/connect.js';
import { embeddedStatus } from '../warehouse/embedded/embedded.js';
import { sqlState } from '../warehouse/failure.js';
import { pendingMigrations } from '../warehouse/migrate.js';
import { sqlFiles } from '../warehouse/views.js';

export interface Finding {
  what: string;
  ok: boolean;
  says: string;
  hint: string | null;
  /** What the command exits with for this fault. */
  exit: number;
}

/** Looks at everything that a run needs, and starts and changes nothing. */
export async function checkWorkspace(
  named: string | undefined,
  folder: string,
  environment: Record<string, string | undefined>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const config = await look(findings, 'configuration', () => {
    const read = readConfig(findWorkspace(named, folder), environment);
    return { value: read, says: `workspace ${read.workspace}, time zone ${read.timeZone}` };
  });
  if (!config) return findings;
  await look(findings, 'feeds', () => checkFeeds(config));
  await look(findings, 'agencies', () => checkAgencies(config));
  await look(findings, 'reports and audits', () => {
    const reports = sqlFiles('reports', config.workspace).map(readReport);
    const audits = readAudits(sqlFiles('audits', config.workspace));
    readHistories(sqlFiles('history', config.workspace));
    return { value: undefined, says: [...reports, ...audits].map((file) => file.name).join(', ') || 'none' };
  });
  await look(findings, 'destinations', () => checkDestinations(config));
  await look(findings, 'folders', () => checkFolders(config));
  await look(findings, 'database', () => checkDatabase(config));
  return findings;
}

async function look<T>(
  findings: Finding[],
  what: string,
  ask: () => Promise<{ value: T; says: string }> | { value: T; says: string },
): Promise<T | undefined> {
  try {
    const { value, says } = await ask();
    findings.push({ what, ok: true, says, hint: null, exit: 0 });
    return value;
  } catch (error) {
    if (!(error instanceof TallyError)) throw error;
    findings.push({ what, ok: false, says: error.message, hint: error.hint ?? null, exit: error.exitCode });
    return undefined;
  }
}

function checkFeeds({ workspace }: Config): { value: undefined; says: string } {
  const { feeds, faults } = readFeeds(workspace);
  if (faults.length > 0) throw new TallyError('feed_invalid', `\n${faults.map(faultText).join('\n')}`);
  return { value: undefined, says: feeds.map((feed) => feed.name).join(', ') || 'none' };
}

function checkAgencies({ workspace }: Config): { value: undefined; says: string } {
  const { agencies, faults } = readAgencies(workspace);
  if (faults.length > 0) throw new TallyError('agencies_invalid', `\n${faults.map(faultText).join('\n')}`);
  refuseUnknownAgencies(readFeeds(workspace).feeds, agencies);
  return { value: undefined, says: agencies.list.map((agency) => agency.key).join(', ') || 'none' };
}

/** Whoever is not declared cannot deliver, and would be missing for ever. */
function refuseUnknownAgencies(feeds: Feed[], { list }: Agencies): void {
  for (const { name, cadence } of feeds) {
    const unknown = (cadence?.agencies ?? []).filter((key) => list.every((agency) => agency.key !== key));
    if (unknown.length > 0) {
      throw new TallyError(
        'agencies_invalid',
        `The cadence of feeds/${name}.yaml names ${unknown.join(', ')}, which agencies.yaml does not declare.`,
        { hint: `Declared: ${list.map((agency) => agency.key).join(', ') || 'none'}.` },
      );
    }
  }
}

function checkDestinations(config: Config): { value: undefined; says: string } {
  const destinations = loadDestinations(config).map(({ name, kind }) => `${name} (${kind})`);
  return { value: undefined, says: destinations.join(', ') || 'none: no messages are sent' };
}

async function checkFolders(config: Config): Promise<{ value: undefined; says: string }> {
  const { inbox, output, archive } = config;
  const faults = [
    isUrl(inbox) ? undefined : folderFault('inbox', inbox, constants.R_OK | constants.X_OK),
    folderFault('output', nearest(output), constants.W_OK | constants.X_OK),
    isUrl(archive) ? undefined : folderFault('archive', nearest(archive), constants.W_OK | constants.X_OK),
  ].filter((fault) => fault !== undefined);
  // That it can be listed is what can be known without changing anything.
  for (const url of [inbox, archive].filter(isUrl)) await storeOf(config.s3).list(placeOf(url)).next();
  if (faults.length > 0) throw new TallyError('config_invalid', faults.join('; '));
  return { value: undefined, says: `inbox ${inbox}, output ${output}, archive ${archive}` };
}

function folderFault(what: string, folder: string, mode: number): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return `${what}: ${folder} is not a folder`;
    accessSync(folder, mode);
    return undefined;
  } catch (error) {
    return `${what}: ${(error as Error).message}`;
  }
}

/** A folder that is not there yet is made when it is needed, if the one above lets us. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

async function checkDatabase(config: Config): Promise<{ value: undefined; says: string }> {
  const place = await databaseToAsk(config);
  if (place.url === undefined) return { value: undefined, says: place.says };
  const client = await connectTo(place.url, 'tally check').catch(undefinedIfNoDatabase);
  if (!client)
    return {
      value: undefined,
      says: `${place.says}; the database is not there yet, the next run creates it`,
    };
  try {
    const version = await checkServer(client);
    const pending = await pendingMigrations(client);
    const state = pending.length > 0 ? `; the next run migrates it (${pending.join(', ')})` : ', up to date';
    return { value: undefined, says: `${place.says}, PostgreSQL ${version}${state}` };
  } finally {
    await client.end();
  }
}

function undefinedIfNoDatabase(error: unknown): undefined {
  if (error instanceof TallyError && sqlState(error.cause) === '3D000') return undefined;
  throw error;
}

async function databaseToAsk(config: Config): Promise<{ url: string | undefined; says: string }> {
  if (config.databaseUrl !== undefined) {
    const url = withDatabase(config.databaseUrl);
    return { url, says: withoutPassword(url) };
  }
  const status = await embeddedStatus(config.workspace);
  const says = `embedded, ${status.state} (${status.dataDirectory})`;
  return { url: status.url === undefined ? undefined : withDatabase(status.url, true), says };
}
