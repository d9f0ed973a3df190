import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createWorkspace } from '../dist/run/init.js';
import { startEmbedded, stopEmbedded } from '../dist/warehouse/embedded/embedded.js';
import { timed, timedAside } from './measure.js';

const TALLY = fileURLToPath(new URL('../bin/tally.js', import.meta.url));
const PEAK = fileURLToPath(new URL('peak.cjs', import.meta.url));

/** A workspace in a temporary folder, with an embedded PostgreSQL of its own: what every part works with. */
export async function openServer() {
  const version = spawnSync('psql', ['--version'], { encoding: 'utf8' });
  if (version.error) throw new Error('The bench compares with psql, which is not on the PATH.');
  const folder = mkdtempSync(join(tmpdir(), 'tally-bench-'));
  chmodSync(folder, 0o755);
  const workspace = join(folder, 'workspace');
  createWorkspace(workspace, { samples: false });
  chmodSync(workspace, 0o755);
  writeFileSync(
    join(workspace, 'agencies.yaml'),
    'default: agency_a\nagencies:\n  agency_a: { name: Agency A }\n  agency_b: { name: Agency B }\n',
  );
  const url = (await startEmbedded(workspace)).replace(/postgres$/, 'CustomerRatingData');
  const peaks = join(folder, 'peaks');
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    BENCH_PEAK: peaks,
    // psql neither keeps the file nor the rows that it replaces.
    TALLY_ARCHIVE_DELIVERIES: 'off',
    TALLY_KEEP_VERSIONS: '0',
  };
  const command = (args) => [process.execPath, ['--require', PEAK, TALLY, ...args, '--quiet']];
  const options = (settings = {}) => ({ cwd: workspace, env: { ...environment, ...settings } });

  const server = {
    folder,
    workspace,
    url,
    data: join(folder, 'data'),
    /** The command as a whole process: seconds. */
    tally: (args, settings) => timed(...command(args), options(settings)),
    tallyAside: (args, settings) => timedAside(...command(args), options(settings)),
    /** Each string is a statement or a \command of one psql session: seconds. */
    psql: (...lines) =>
      timed(
        'psql',
        [url, '--quiet', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', ...lines.flatMap((line) => ['-c', line])],
        {},
      ),
    psqlFile: (file) =>
      timed('psql', [url, '--quiet', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-f', file], {}),
    /** The load whose version of a feed readers see. */
    liveLoad(feed) {
      const sql = `select load_id from tally.versions where feed = '${feed}' and state = 'live'`;
      const asked = spawnSync('psql', [url, '--no-psqlrc', '-Atc', sql], { encoding: 'utf8' });
      return asked.stdout.trim();
    },
    async query(sql, values) {
      const client = await server.connect();
      try {
        return (await client.query(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
    async connect(applicationName = 'bench') {
      const client = new pg.Client({ connectionString: url, application_name: applicationName });
      // What ends the part ends the server too: it is the first fault that is to be told.
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    /** The peak memory, in MB, of the processes since the last time that it was asked. */
    takePeak() {
      const kilobytes = existsSync(peaks) ? readFileSync(peaks, 'utf8').trim().split('\n').map(Number) : [];
      rmSync(peaks, { force: true });
      return Math.max(0, ...kilobytes) / 1024;
    },
    feed(name, text) {
      writeFileSync(join(workspace, 'feeds', `${name}.yaml`), text);
    },
    async machine() {
      const [{ version: postgres }] = await server.query('select version()');
      return {
        cpu: cpus()[0]?.model,
        cores: cpus().length,
        memory_gb: Math.round(totalmem() / 2 ** 30),
        system: `${process.platform} ${release()}`,
        node: process.version,
        postgres,
        psql: version.stdout.trim(),
      };
    },
    async close() {
      await stopEmbedded(workspace);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    server.tally(['run']);
    server.takePeak();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
