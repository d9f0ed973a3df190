import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from '@jest/globals';

/** A broker of a test's own, which can be stopped and started again with what it has kept. */
export interface Broker {
  port: number;
  url: string;
  start(): Promise<void>;
  /** As a power cut does it. */
  kill(): Promise<void>;
  /** Stops it and takes its folder away. */
  remove(): Promise<void>;
}

const RABBITMQ = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/rabbitmq/sbin/rabbitmq-server'].find(
  existsSync,
);
const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(existsSync);

/** `test` where the broker is installed. In CI it must be: there it runs in any case, and fails. */
export const withRabbitMq = whereThere(RABBITMQ, 'RabbitMQ', 'rabbitmq-server');
export const withMosquitto = whereThere(MOSQUITTO, 'Mosquitto', 'mosquitto');

function whereThere(found: string | undefined, name: string, pack: string): typeof test {
  if (found || process.env.CI) return test;
  process.stdout.write(
    `Tests with ${name} are skipped. To run them: apt-get install ${pack}; they start it themselves.\n`,
  );
  return test.skip as unknown as typeof test;
}

/** What a test wants of a broker beyond the usual. */
interface Special {
  /** Further lines of its configuration; FOLDER in them is where its files are. */
  settings?: string[];
  /** What lies beside its configuration, by name. */
  files?: Record<string, string>;
  /** It speaks TLS, and only that, as `settings` say. */
  isTls?: boolean;
}

export async function createRabbitMq({ settings = [], files = {}, isTls }: Special = {}): Promise<Broker> {
  const port = await freePort();
  const distribution = await freePort();
  const url = `${isTls ? 'amqps' : 'amqp'}://guest:guest@127.0.0.1:${port}`;
  return broker(port, url, (folder) => {
    const listener = isTls
      ? ['listeners.tcp = none', `listeners.ssl.1 = 127.0.0.1:${port}`]
      : [`listeners.tcp.1 = 127.0.0.1:${port}`];
    writeFiles(folder, { ...files, 'rabbitmq.conf': [...listener, ...settings].join('\n'), plugins: '[].' });
    mkdirSync(join(folder, 'data'), { recursive: true });
    return spawn(RABBITMQ!, [], {
      stdio: 'ignore',
      // The script and the server that it starts are one group, which is ended as one.
      detached: true,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        RABBITMQ_NODENAME: `tally-test-${port}@localhost`,
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_MNESIA_BASE: join(folder, 'data'),
        RABBITMQ_LOG_BASE: folder,
        RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
        RABBITMQ_PID_FILE: join(folder, 'pid'),
      },
    });
  });
}

export async function createMosquitto({ settings = [], files = {}, isTls }: Special = {}): Promise<Broker> {
  const port = await freePort();
  return broker(port, `${isTls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`, (folder) => {
    const lines = [
      `listener ${port} 127.0.0.1`,
      ...(settings.some((line) => line.startsWith('allow_anonymous')) ? [] : ['allow_anonymous true']),
      'persistence true',
      `persistence_location ${folder}/`,
      // Kept at once, so that a kill loses nothing that was confirmed.
      'autosave_interval 1',
      'autosave_on_changes true',
      'max_queued_messages 0',
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      ...settings,
    ];
    writeFiles(folder, { ...files, 'mosquitto.conf': lines.join('\n') });
    return spawn(MOSQUITTO!, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore', detached: true });
  });
}

function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), `${text.replaceAll('FOLDER', folder)}\n`);
}

function broker(port: number, url: string, launch: (folder: string) => ChildProcess): Broker {
  const folder = mkdtempSync(join(tmpdir(), 'tally-broker-'));
  let child: ChildProcess | undefined;
  const kill = async () => {
    const dying = child;
    child = undefined;
    if (dying?.pid === undefined || dying.exitCode !== null) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    process.kill(-dying.pid, 'SIGKILL');
    await gone;
    await until(async () => !(await answers(port)));
  };
  return {
    port,
    url,
    async start() {
      child = launch(folder);
      await until(() => answers(port));
    },
    kill,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 600; asked++) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error('the broker did not come or go within a minute');
}
