import { fastify, type FastifyInstance } from 'fastify';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { loadAgencies } from '../feeds/agencies.js';
import { loadFeeds } from '../feeds/feed.js';
import { openLog } from '../log.js';
import { openWarehouse, type Client, type Warehouse } from '../warehouse/connect.js';
import { pendingMigrations } from '../warehouse/migrate.js';
import { CONTENT_TYPE, exposition, processNumbers } from './exposition.js';
import { readSamples } from './read.js';

export interface Observing {
  /** Where it listens: http://127.0.0.1:7117 */
  url: string;
  close(): Promise<void>;
}

/** /metrics for Prometheus, /health/live and /health/ready for whoever keeps the service running. */
export async function startObserving({
  config,
  clock,
}: {
  config: Config;
  clock: Clock;
}): Promise<Observing> {
  const log = openLog(config);
  const { warehouse, client } = await openWarehouse(config);
  await client.end();
  const server = fastify({ logger: false });
  const ofProcess = processNumbers();
  const { workspace } = config;

  server.get('/health/live', () => ({ status: 'live' }));

  server.get('/health/ready', async (_request, reply) => {
    try {
      const pending = await asking(warehouse, pendingMigrations);
      if (pending.length === 0) return { status: 'ready' };
      return await reply
        .code(503)
        .send({ status: 'not ready', reason: `not migrated: ${pending.join(', ')}` });
    } catch (error) {
      log.warn('not ready', { error });
      const reason = error instanceof TallyError ? error.code : 'unexpected';
      return reply.code(503).send({ status: 'not ready', reason });
    }
  });

  server.get('/metrics', async (_request, reply) => {
    // Without a database the numbers of the process still count, and one says why there are no others.
    const samples = await asking(warehouse, (client) =>
      readSamples({
        client,
        clock,
        config,
        feeds: loadFeeds(workspace),
        agencies: loadAgencies(workspace),
      }),
    ).catch((error: unknown) => {
      log.warn('no numbers of the ledger', { error });
      return [{ metric: 'tally_database_up' as const, labels: {}, value: 0 }];
    });
    return reply.type(CONTENT_TYPE).send(await exposition(samples, ofProcess));
  });

  const close = async () => {
    await server.close();
    await warehouse.close();
    log.end();
  };
  try {
    return { url: await listen(server, config), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A connection for each time it is asked: one that is kept would have to be known to be lost. */
async function asking<T>(warehouse: Warehouse, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = await warehouse.connect('tally metrics');
  try {
    return await ask(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function listen(server: FastifyInstance, { http: { host, port } }: Config): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    throw new TallyError(
      'port_taken',
      `Nothing can listen on ${host}:${port}: ${(error as Error).message}.`,
      {
        hint: 'Set TALLY_HTTP_PORT (and TALLY_HTTP_HOST), or stop what listens there.',
        cause: error,
      },
    );
  }
}
