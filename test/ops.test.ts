import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { settings } from '../src/settings.js';
import { cloneWarehouse } from './setup/warehouse.js';

/** What runs Tallyhouse elsewhere: no engine is asked, only the facts that we rely on. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** What may go on when it is told to stop, and ten seconds to roll back what is not done. */
const LEAST_PATIENCE = settings.parse({}).TALLY_STOP_WAIT_SECONDS + 10;

interface Service {
  build?: string;
  image: string;
  command?: string | string[];
  environment: Record<string, string>;
  healthcheck?: { test: string[]; interval: string; timeout: string; retries: number };
  depends_on?: Record<string, { condition: string }>;
  ports: string[];
  stop_grace_period?: string;
  volumes: string[];
}
const compose = parse(read('docker-compose.yml')) as {
  services: Record<string, Service>;
  volumes: Record<string, null>;
};
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  test('has the service, its database and the brokers', () => {
    expect(Object.keys(compose).sort()).toEqual(['services', 'volumes']);
    expect(Object.fromEntries(services.map(([name, { image }]) => [name, image]))).toEqual({
      tallyhouse: 'tallyhouse',
      database: 'postgres:18',
      rabbitmq: 'rabbitmq:4',
      mosquitto: 'eclipse-mosquitto:2',
    });
  });

  test('asks each whether it is well, and the service waits for its database', () => {
    for (const [name, { build, healthcheck }] of services) {
      if (build) continue;
      expect({ name, how: healthcheck?.test[0] }).toEqual({
        name,
        how: expect.stringMatching(/^CMD(-SHELL)?$/),
      });
    }
    expect(read('Dockerfile')).toMatch(/^HEALTHCHECK .*\\\n {2}CMD .*\/health\/ready/m);
    expect(compose.services.tallyhouse!.depends_on).toEqual({ database: { condition: 'service_healthy' } });
  });

  test('publishes no port but to this machine', () => {
    for (const [name, { ports }] of services) {
      expect({ name, ports }).toEqual({ name, ports: [expect.stringMatching(/^127\.0\.0\.1:\d+:\d+$/)] });
    }
  });

  test('has no password: each is asked for, and nothing begins without it', () => {
    const secrets = services.flatMap(([, { environment }]) =>
      Object.entries(environment).filter(
        ([name, value]) => /PASS|SECRET|KEY|TOKEN/.test(name) || /:\/\/[^/]*@/.test(value),
      ),
    );
    expect(secrets.map(([name]) => name)).toEqual([
      'DATABASE_URL',
      'RABBITMQ_PASSWORD',
      'MQTT_PASSWORD',
      'POSTGRES_PASSWORD',
      'RABBITMQ_DEFAULT_PASS',
      'MQTT_PASSWORD',
    ]);
    for (const [name, value] of secrets) {
      const asked = /\$\{([A-Z]+_PASSWORD):\?set \1 in \.env\}/;
      expect({ name, value: value.replace(asked, '***') }).toEqual({
        name,
        value: expect.stringMatching(/^(postgresql:\/\/tally:)?\*\*\*(@database\/CustomerRatingData)?$/),
      });
    }
  });

  test('keeps what must outlive a container in volumes that it declares', () => {
    const named = services
      .flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')[0]!))
      .filter((source) => !source.startsWith('.'));
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
    const mounted = services.flatMap(([, { volumes }]) =>
      volumes.filter((volume) => volume.endsWith(':ro')).map((volume) => volume.split(':')[0]!),
    );
    for (const path of mounted)
      expect({ path, exists: existsSync(join(ROOT, path)) }).toEqual({ path, exists: true });
  });

  test('has more patience at the end than the service needs', () => {
    const patience = compose.services.tallyhouse!.stop_grace_period!;
    expect(patience).toMatch(/^\d+s$/);
    expect(Number.parseInt(patience)).toBeGreaterThan(LEAST_PATIENCE);
  });
});

describe('the unit of systemd', () => {
  const unit = new Map(
    [...read('ops/systemd/tallyhouse.service').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );

  test('leaves it to the scheduler to end its jobs, and has more patience than that needs', () => {
    expect(unit.get('KillMode')).toBe('mixed');
    expect(Number(unit.get('TimeoutStopSec'))).toBeGreaterThan(LEAST_PATIENCE);
  });

  test('starts the service as a user of its own, which gains no rights', () => {
    expect(unit.get('ExecStart')).toMatch(/\/bin\/tally\.js start$/);
    expect(unit.get('User')).toBe('tallyhouse');
    expect(unit.get('NoNewPrivileges')).toBe('true');
    expect(unit.get('CapabilityBoundingSet')).toBe('');
  });
});

describe('the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-image-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--)(.+) \S+$/gm)].map((match) =>
    match[1]!.split(' '),
  );
  const [ofBuild, ofImage] = [copied.slice(0, 3).flat(), copied.slice(3).flat()];

  test('is made of files that are there, and that .dockerignore lets through', () => {
    const [first, ...letThrough] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    expect([...new Set([...ofBuild, ...ofImage])].sort()).toEqual(
      letThrough.map((line) => line.slice(1)).sort(),
    );
  });

  test('runs as nobody in particular', () => {
    const after = read('Dockerfile')
      .split(/^FROM /m)
      .at(-1)!;
    expect(after).toMatch(/^USER node$/m);
  });

  test('has what a workspace is made of, and what a run needs', async () => {
    chmodSync(folder, 0o755);
    const app = join(folder, 'app');
    const filter = (path: string) => ofImage.some((each) => isPartOf(path.slice(ROOT.length), each));
    cpSync(ROOT, app, { recursive: true, filter });
    cpSync(join(ROOT, 'dist/bundle'), join(app, 'dist/bundle'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(app, 'node_modules'));
    const DATABASE_URL = await cloneWarehouse();
    const tally = (...args: string[]) => {
      const env = { PATH: process.env.PATH, DATABASE_URL, TALLY_WORKSPACE: join(folder, 'workspace') };
      return spawnSync(process.execPath, [join(app, 'bin/tally.js'), ...args], { env, encoding: 'utf8' });
    };
    expect(tally('init', join(folder, 'workspace'), '--samples')).toMatchObject({ status: 0, stderr: '' });
    expect(tally('run', '--json').stderr).toBe('');
    expect(JSON.parse(tally('loads', '--json').stdout)).toHaveLength(11);
  });
});

/** Whether a path is what was copied, lies in it, or leads to it. */
function isPartOf(path: string, copied: string): boolean {
  return (
    path === copied ||
    path.startsWith(`${copied}/`) ||
    copied.startsWith(`${path}/`) ||
    path === '' ||
    matchesGlob(path, copied)
  );
}
