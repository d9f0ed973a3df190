import { withoutPassword, type Config } from '../../config.js';
import { TallyError } from '../../errors.js';
import { checkServer, connectTo, withDatabase, type Client } from '../../warehouse/connect.js';
import { embeddedStatus } from '../../warehouse/embedded/embedded.js';
import { sqlState } from '../../warehouse/failure.js';
import { ok, unknown, type Finding } from './finding.js';

const EXPECTED = 'PostgreSQL 15 or newer that answers';

export interface Reached {
  findings: Finding[];
  /** Where it is there and answers. */
  client: Client | undefined;
  /** Of the embedded database: where its data lie. */
  dataDirectory: string | undefined;
}

/** Goes to the database if it is up; starts and makes nothing. */
export async function reachDatabase(config: Config): Promise<Reached> {
  const { url, says, dataDirectory, isStopped } = await placeOf(config);
  if (url === undefined) {
    const finding = isStopped
      ? unknown('database', EXPECTED, `${says}; what is in it was not looked at`, 'tally db start')
      : ok('database', EXPECTED, `${says}; the next run makes it`);
    return { findings: [finding], client: undefined, dataDirectory };
  }
  const client = await connectTo(url, 'tally check').catch(undefinedIfNoDatabase);
  if (!client) {
    const finding = ok('database', EXPECTED, `${says}; the database is not there yet, the next run makes it`);
    return { findings: [finding], client, dataDirectory };
  }
  try {
    const version = await checkServer(client);
    return { findings: [ok('database', EXPECTED, `PostgreSQL ${version}, ${says}`)], client, dataDirectory };
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

function undefinedIfNoDatabase(error: unknown): undefined {
  if (error instanceof TallyError && sqlState(error.cause) === '3D000') return undefined;
  throw error;
}

interface PlaceToAsk {
  url: string | undefined;
  says: string;
  dataDirectory: string | undefined;
  isStopped: boolean;
}

async function placeOf(config: Config): Promise<PlaceToAsk> {
  if (config.databaseUrl !== undefined) {
    const url = withDatabase(config.databaseUrl);
    return { url, says: withoutPassword(url), dataDirectory: undefined, isStopped: false };
  }
  const { state, url, dataDirectory } = await embeddedStatus(config.workspace);
  return {
    url: url === undefined ? undefined : withDatabase(url, true),
    says: `embedded, ${state} (${dataDirectory})`,
    dataDirectory,
    isStopped: state === 'stopped',
  };
}
