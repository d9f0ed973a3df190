import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './failure.js';
import { exists } from './place.js';
import { run } from './run.js';

/** What a running server says about itself in `postmaster.pid`. A crash leaves the file behind. */
export interface Postmaster {
  pid: number;
  /** Seconds since 1970, as it stands there. */
  started: string;
  port: number;
  status: string;
}

export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(pidFile(data), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : parse(text);
}

function parse(text: string): Postmaster {
  const lines = text.split(/\r?\n/);
  return {
    pid: Number(lines[0]),
    started: lines[2]?.trim() ?? '',
    port: Number(lines[3] ?? 0),
    status: lines[7]?.trim() ?? '',
  };
}

/** Whether both are the same run of a server. */
export function isSame(a: Postmaster | undefined, b: Postmaster | undefined): boolean {
  return a?.pid === b?.pid && a?.started === b?.started;
}

/**
 * Takes a stale file away, and only that one: another process may see the same, be faster, and have started a
 * server whose file stands there now. Hence the file is moved, looked at, and put back if it is not the one.
 */
export async function removeStale(data: string, stale: Postmaster): Promise<void> {
  const aside = join(data, `postmaster.pid.${randomBytes(6).toString('hex')}`);
  try {
    await rename(pidFile(data), aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (!isSame(stale, parse(await readFile(aside, 'utf8'))))
    await link(aside, pidFile(data)).catch(() => undefined);
  await rm(aside, { force: true });
}

/** What runs under a number. When it cannot be told, we say postgres: then nothing is taken away from it. */
export async function kindOfProcess(pid: number): Promise<'none' | 'postgres' | 'other'> {
  if (process.platform === 'linux' && (await exists('/proc/self/stat'))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(stat) ?? [];
    if (name === undefined) return 'none';
    // Z: ended, but its parent has not taken note, as in a container whose first process reaps no orphans.
    return name === 'postgres' && state !== 'Z' ? 'postgres' : 'other';
  }
  if (process.platform === 'win32') {
    const { ok, output } = await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']);
    if (!ok || output.includes('"postgres.exe"')) return 'postgres';
    return output.includes(`"${pid}"`) ? 'other' : 'none';
  }
  const { ok, output } = await run('ps', ['-p', String(pid), '-o', 'comm=']);
  if (output === '') return 'none';
  return !ok || /(^|\/)postgres$/.test(output) ? 'postgres' : 'other';
}

function pidFile(data: string): string {
  return join(data, 'postmaster.pid');
}
