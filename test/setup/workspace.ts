import { afterAll } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../src/clock.js';
import { readConfig, type Config } from '../../src/config.js';
import type { LoadResult } from '../../src/load/delivery.js';
import { loadFiles, run, type RunSummary } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { cloneWarehouse, query } from './warehouse.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** A workspace in a temporary folder, with a database of its own. */
export interface Workspace {
  folder: string;
  url: string;
  /** What the clock of in-process runs says. */
  now: Date;
  config(settings?: Record<string, string>): Config;
  write(path: string, content: string | Buffer): string;
  read(path: string): string;
  list(path: string): string[];
  query<Row extends Record<string, unknown> = Record<string, string>>(
    sql: string,
    values?: unknown[],
  ): Promise<Row[]>;
  /** One pass over the inbox, in this process. */
  run(settings?: Record<string, string>): Promise<RunSummary>;
  /** Loads files in this process, as `tally load` does. */
  load(
    path: string,
    said?: { feed?: string; agency?: string; date?: string; force?: boolean },
  ): Promise<LoadResult>;
  /** The command itself, as a process. */
  tally(args: string[], options?: TallyOptions): Promise<Ran>;
  /** The same, while it runs. */
  start(args: string[], options?: TallyOptions): ChildProcess;
}

export interface TallyOptions {
  env?: Record<string, string>;
  cwd?: string;
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

const folders: string[] = [];

/** With the feeds that ship and the agencies a to d, unless others are written into it. */
export async function createWorkspace({ database = true } = {}): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'tally-test-'));
  folders.push(folder);
  chmodSync(folder, 0o755);
  for (const each of ['inbox', 'output']) mkdirSync(join(folder, each));
  cpSync(join(REPOSITORY, 'feeds'), join(folder, 'feeds'), { recursive: true });
  cpSync(join(REPOSITORY, 'agencies.yaml'), join(folder, 'agencies.yaml'));
  const url = database ? await cloneWarehouse() : '';

  const workspace: Workspace = {
    folder,
    url,
    now: new Date('2026-11-20T12:00:00Z'),
    config: (settings = {}) => readConfig(folder, { ...(url ? { DATABASE_URL: url } : {}), ...settings }),
    write(path, content) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      return join(folder, path);
    },
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    list: (path) => readdirSync(join(folder, path), { recursive: true }).map(String).sort(),
    query: (sql, values) => query(url, sql, values),
    async run(settings) {
      const config = workspace.config(settings);
      return inSession({ config, clock: clockOf(workspace), command: 'run' }, (session) =>
        run(session, watching()),
      );
    },
    async load(path, { feed, force = false, ...said } = {}) {
      const config = workspace.config();
      const summary = await inSession({ config, clock: clockOf(workspace), command: 'load' }, (session) => {
        const named = session.feeds.find((each) => each.name === feed);
        const options = { force, said: { ...said, ...(named ? { feed: named } : {}) } };
        return loadFiles(session, watching(), [join(folder, path)], options);
      });
      return summary.loads[0]!;
    },
    start: (args, options) => startTally(args, folder, url, options),
    tally: (args, options) => finished(startTally(args, folder, url, options)),
  };
  return workspace;
}

/** Waits for a command to end and gives what it printed. */
export function finished(child: ChildProcess): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function startTally(
  args: string[],
  folder: string,
  url: string,
  { env = {}, cwd = folder }: TallyOptions = {},
): ChildProcess {
  return spawn(process.execPath, [join(REPOSITORY, 'bin', 'tally.js'), ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...(url ? { DATABASE_URL: url } : {}), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function watching() {
  return { signal: new AbortController().signal, progress: () => {}, loaded: () => {} };
}

function clockOf(workspace: Workspace): Clock {
  return { now: () => workspace.now };
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
