import { systemClock, type Clock } from '../../clock.js';
import { findWorkspace, readConfig, type Config } from '../../config.js';
import { TallyError } from '../../errors.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import { checkClock } from './clock.js';
import { checkCollation } from './collation.js';
import { reachDatabase, type Reached } from './database.js';
import { checkDisks, findDisks } from './disk.js';
import { look, ok, type Finding } from './finding.js';
import { checkLocks } from './locks.js';
import { checkMigrations } from './migrations.js';
import { checkReports } from './reports.js';
import { checkLogin, checkRoles } from './roles.js';
import { checkRuns } from './runs.js';
import { checkSchema } from './schema.js';
import { checkSoftware } from './software.js';
import { checkVersions } from './versions.js';
import { checkWorkspaceFiles } from './workspace.js';

export type { Finding } from './finding.js';

const SETTINGS = 'settings that can be used';

/** What rooms above look at besides: in the files of the workspace, and in the ledger, if it can be asked. */
export interface LooksAbove {
  files(config: Config): Promise<Finding[]>;
  contents(client: Client, config: Config, clock: Clock): Promise<Finding[]>;
}

const NOTHING_ABOVE: LooksAbove = { files: async () => [], contents: async () => [] };

/** Looks at everything that a run needs and leaves behind, and starts and changes nothing. */
export async function checkAll(
  named: string | undefined,
  folder: string,
  environment: Record<string, string | undefined>,
  { clock = systemClock, above = NOTHING_ABOVE }: { clock?: Clock; above?: LooksAbove } = {},
): Promise<Finding[]> {
  const findings = checkSoftware();
  let config: Config | undefined;
  findings.push(
    ...(await look('configuration', SETTINGS, () => {
      config = readConfig(findWorkspace(named, folder), environment);
      return [ok('configuration', SETTINGS, `workspace ${config.workspace}, time zone ${config.timeZone}`)];
    })),
  );
  if (!config) return findings;
  findings.push(...(await checkWorkspaceFiles(config)));
  findings.push(...(await above.files(config)));
  findings.push(...(await checkDatabase(config, clock, above)));
  return findings;
}

/** The database, if it is up, and the disks, of which it says how much room it needs. */
async function checkDatabase(config: Config, clock: Clock, above: LooksAbove): Promise<Finding[]> {
  let reached: Reached | undefined;
  const findings = await look('database', 'a database that answers', async () => {
    reached = await reachDatabase(config);
    return reached.findings;
  });
  const { client, dataDirectory } = reached ?? {};
  try {
    const largestVersion = client ? await askLargestVersion(client) : 0;
    const embedded = dataDirectory === undefined ? undefined : { dataDirectory, largestVersion };
    findings.unshift(
      ...(await look('disk', 'a disk that can be looked at', async () =>
        checkDisks(await findDisks(config, embedded).catch(unreadableDisk)),
      )),
    );
    if (client) findings.push(...(await checkContents(client, config, clock, above)));
    return findings;
  } finally {
    await client?.end().catch(() => {});
  }
}

async function checkContents(
  client: Client,
  config: Config,
  clock: Clock,
  above: LooksAbove,
): Promise<Finding[]> {
  const refused = await look('roles', 'a login of the ledger', () => checkLogin(client));
  // Of what may not be read nothing can be told.
  if (refused.length > 0) return refused;
  let isDone = false;
  const findings = await look('migrations', 'the migrations of this version', async () => {
    const migrations = await checkMigrations(client);
    isDone = migrations.isDone;
    return migrations.findings;
  });
  // Of a ledger that another version has made, this one cannot say what it should be.
  if (!isDone) return findings;
  const looks: [string, () => Promise<Finding[]>][] = [
    ['schema', () => checkSchema(client)],
    ['roles', () => checkRoles(client)],
    ['collation', () => checkCollation(client)],
    ['clock', () => checkClock(client, clock)],
    ['loads', () => checkRuns(client)],
    ['versions', () => checkVersions(client)],
    ['reports', () => checkReports(client)],
    ['locks', () => checkLocks(client)],
    ['scheduler', () => above.contents(client, config, clock)],
  ];
  for (const [name, ask] of looks) findings.push(...(await look(name, 'an answer of the database', ask)));
  return findings;
}

async function askLargestVersion(client: Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(statement('check/find_largest_version'));
  return Number(rows[0]!.bytes);
}

function unreadableDisk(error: unknown): never {
  throw new TallyError('output_unwritable', `The disk cannot be looked at: ${(error as Error).message}`);
}
