import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config.js';
import { TallyError, type ErrorCode } from '../../errors.js';
import { readAgencies, type Agencies } from '../../feeds/agencies.js';
import { readFeeds, type Feed } from '../../feeds/feed.js';
import { faultText } from '../../feeds/yaml.js';
import { isUrl, placeOf, storeOf } from '../../inbox/s3-store.js';
import { readAudits } from '../../load/audit.js';
import { readHistories } from '../../load/history.js';
import { loadDestinations } from '../../messages/destinations.js';
import { readReport } from '../../report/report.js';
import { sqlFiles } from '../../warehouse/views.js';
import { look, ok, type Finding } from './finding.js';

/** What is declared in the workspace, and the folders that it works with. */
export async function checkWorkspaceFiles(config: Config): Promise<Finding[]> {
  const { workspace } = config;
  return [
    ...(await look('feeds', FEEDS, () => [ok('feeds', FEEDS, feedsOf(workspace))])),
    ...(await look('agencies', AGENCIES, () => [ok('agencies', AGENCIES, agenciesOf(workspace))])),
    ...(await look('sql files', SQL_FILES, () => [ok('sql files', SQL_FILES, sqlFilesOf(workspace))])),
    ...(await look('destinations', DESTINATIONS, () => [
      ok('destinations', DESTINATIONS, destinationsOf(config)),
    ])),
    ...(await look('folders', FOLDERS, async () => [ok('folders', FOLDERS, await foldersOf(config))])),
  ];
}

const FEEDS = 'feeds/*.yaml without a fault';
const AGENCIES = 'agencies.yaml without a fault';
const SQL_FILES = 'reports, audits and histories that say what they are';
const DESTINATIONS = 'destinations.yaml without a fault';
const FOLDERS = 'an inbox that can be read, output and archive that can be written';

function feedsOf(workspace: string): string {
  const { feeds, faults } = readFeeds(workspace);
  if (faults.length > 0)
    throw new TallyError('feed_invalid', faults.map(faultText).join('\n'), { hint: 'tally feeds check' });
  return feeds.map((feed) => feed.name).join(', ') || 'none';
}

function agenciesOf(workspace: string): string {
  const { agencies, faults } = readAgencies(workspace);
  if (faults.length > 0) throw new TallyError('agencies_invalid', faults.map(faultText).join('\n'));
  refuseUnknownAgencies(readFeeds(workspace).feeds, agencies);
  return agencies.list.map((agency) => agency.key).join(', ') || 'none';
}

/** Whoever is not declared cannot deliver, and would be missing for ever. */
function refuseUnknownAgencies(feeds: Feed[], agencies: Agencies): void {
  for (const { name, cadence } of feeds)
    refuseUnknown(`The cadence of feeds/${name}.yaml`, cadence?.agencies ?? [], agencies, 'agencies_invalid');
}

function refuseUnknown(who: string, named: string[], { list }: Agencies, code: ErrorCode): void {
  const unknown = named.filter((key) => list.every((agency) => agency.key !== key));
  if (unknown.length === 0) return;
  throw new TallyError(code, `${who} names ${unknown.join(', ')}, which agencies.yaml does not declare.`, {
    hint: `Declared: ${list.map((agency) => agency.key).join(', ') || 'none'}.`,
  });
}

function sqlFilesOf(workspace: string): string {
  const reports = sqlFiles('reports', workspace).map(readReport);
  const audits = readAudits(sqlFiles('audits', workspace));
  readHistories(sqlFiles('history', workspace));
  return [...reports, ...audits].map((file) => file.name).join(', ') || 'none';
}

function destinationsOf(config: Config): string {
  const destinations = loadDestinations(config);
  // It would wait for messages for ever.
  for (const { name, agencies = [] } of destinations)
    refuseUnknown(
      `The destination ${name}`,
      agencies,
      readAgencies(config.workspace).agencies,
      'destinations_invalid',
    );
  return destinations.map(({ name, kind }) => `${name} (${kind})`).join(', ') || 'none: no messages are sent';
}

async function foldersOf(config: Config): Promise<string> {
  const { inbox, output, archive } = config;
  const faults = [
    isUrl(inbox) ? undefined : folderFault('inbox', inbox, constants.R_OK | constants.X_OK),
    folderFault('output', nearest(output), constants.W_OK | constants.X_OK),
    isUrl(archive) ? undefined : folderFault('archive', nearest(archive), constants.W_OK | constants.X_OK),
  ].filter((fault) => fault !== undefined);
  // That it can be listed is what can be known without changing anything.
  for (const url of [inbox, archive].filter(isUrl)) await storeOf(config.s3).list(placeOf(url)).next();
  if (faults.length > 0) {
    const folders = [inbox, output, archive].filter((place) => !isUrl(place));
    throw new TallyError('config_invalid', faults.join('; '), {
      hint: `mkdir -p ${folders.map((folder) => `'${folder}'`).join(' ')}, and let this user read and write there`,
    });
  }
  return `${inbox}, ${output}, ${archive}`;
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
export function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}
