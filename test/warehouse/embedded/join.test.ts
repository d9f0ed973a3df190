import { execFileSync, spawn } from 'node:child_process';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { serverAccount } from '../../../src/warehouse/embedded/account.js';
import {
  embeddedStatus,
  startEmbedded,
  stopEmbedded,
  useEmbedded,
} from '../../../src/warehouse/embedded/embedded.js';
import { kindOfProcess } from '../../../src/warehouse/embedded/postmaster.js';
import { endProcesses, startProcess } from './other-process.js';
import { connect, newWorkspace, postmasterOf, removeWorkspaces, until } from './workspaces.js';

jest.setTimeout(300_000);
afterEach(removeWorkspaces);
afterAll(endProcesses);

describe('at the same moment', () => {
  test('two processes on an empty workspace come to one database and one server', async () => {
    const workspace = await newWorkspace();
    const processes = [await startProcess(workspace), await startProcess(workspace)];
    const urls = await Promise.all(processes.map((each) => each.use()));
    expect(urls[0]).toBe(urls[1]);
    await connect(urls[0]!).then((client) => client.end());
    const outcomes = await Promise.all(processes.map((each) => each.release()));
    expect(outcomes.sort()).toEqual(['in use', 'stopped']);
  });

  test('one that comes while another leaves has a server, the old one or a new one', async () => {
    const workspace = await newWorkspace();
    let leaving = await useEmbedded(workspace);
    for (let round = 0; round < 8; round++) {
      const [, coming] = await Promise.all([leaving.release(), useEmbedded(workspace)]);
      await connect(coming.url).then((client) => client.end());
      leaving = coming;
    }
    expect(await leaving.release()).toBe('stopped');
  });

  test('one that waits at the lock of one that stops the server starts the next server', async () => {
    const workspace = await newWorkspace();
    const url = await startEmbedded(workspace);
    const user = await useEmbedded(workspace);
    const stopper = await connect(url, 'tally presence');
    const { rows } = await stopper.query<{ lock: string }>(
      `select (classid::bigint << 32) | objid::bigint as lock from pg_locks where locktype = 'advisory'`,
    );
    await user.release();
    await stopper.query('select pg_advisory_lock($1)', [rows[0]!.lock]);

    const newcomer = useEmbedded(workspace);
    const watcher = await connect(url);
    await until(async () => {
      const waiting = await watcher.query(`select from pg_locks where locktype = 'advisory' and not granted`);
      return waiting.rowCount === 1;
    });
    await stopEmbedded(workspace);
    const { url: next, release } = await newcomer;
    await connect(next).then((client) => client.end());
    expect(await release()).toBe('stopped');
  });
});

describe('after a crash', () => {
  async function crash(workspace: string): Promise<void> {
    const { pid } = await postmasterOf(workspace);
    process.kill(pid, 'SIGKILL');
    await until(async () => (await kindOfProcess(pid)) !== 'postgres');
  }

  test('a killed server is started again, with what was committed', async () => {
    const workspace = await newWorkspace();
    const before = await startEmbedded(workspace);
    const client = await connect(before);
    await client.query('create table t as select 42 as n');
    await crash(workspace);
    expect((await embeddedStatus(workspace)).state).toBe('stopped');
    expect(await stopEmbedded(workspace)).toBe('not running');

    const after = await useEmbedded(workspace);
    expect((await (await connect(after.url)).query('table t')).rows).toEqual([{ n: 42 }]);
  });

  test('a mark to keep the server that crashed does not hold for the next', async () => {
    const workspace = await newWorkspace();
    await startEmbedded(workspace);
    await crash(workspace);
    const next = await useEmbedded(workspace);
    expect((await embeddedStatus(workspace)).kept).toBe(false);
    expect(await next.release()).toBe('stopped');
  });

  test('users of a server that crashed live on, and can leave', async () => {
    const workspace = await newWorkspace();
    const other = await startProcess(workspace);
    await other.use();
    await crash(workspace);
    expect(await other.isAlive()).toBe(true);
    await other.release();
    expect(await other.finish()).toBe(0);
  });

  test('a number that another program of the same user has now does not stand in the way', async () => {
    const workspace = await newWorkspace();
    await startEmbedded(workspace);
    const { dataDirectory } = await embeddedStatus(workspace);
    const pidFile = join(dataDirectory, 'postmaster.pid');
    const stale = await readFile(pidFile, 'utf8');
    await stopEmbedded(workspace);

    const sleeper = spawn('sleep', ['600'], {
      stdio: 'ignore',
      cwd: '/',
      ...(await serverAccount(dataDirectory)),
    });
    try {
      await writeFile(pidFile, stale.replace(/^\d+/, String(sleeper.pid)));
      expect((await embeddedStatus(workspace)).state).toBe('stopped');
      expect(await stopEmbedded(workspace)).toBe('not running');
      const connection = await useEmbedded(workspace);
      expect((await postmasterOf(workspace)).pid).not.toBe(sleeper.pid);
      expect(await connection.release()).toBe('stopped');
      expect(sleeper.exitCode).toBeNull();
    } finally {
      sleeper.kill();
    }
  });

  test('a port on which something else answers now does not either', async () => {
    const workspace = await newWorkspace();
    const stopped = await startEmbedded(workspace);
    const { dataDirectory } = await embeddedStatus(workspace);
    const pidFile = join(dataDirectory, 'postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    await stopEmbedded(workspace);

    const stranger = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    try {
      const gone = spawn('true');
      await new Promise((resolve) => gone.on('exit', resolve));
      lines[0] = String(gone.pid);
      lines[3] = String((stranger.address() as AddressInfo).port);
      await writeFile(pidFile, lines.join('\n'));
      const connection = await useEmbedded(workspace);
      expect(connection.url).not.toBe(stopped);
      expect(await connection.release()).toBe('stopped');
    } finally {
      stranger.close();
    }
  });
});

describe('whose server it is', () => {
  test('a copy of a workspace neither uses nor stops the server of the original', async () => {
    const original = await newWorkspace();
    const url = await startEmbedded(original);
    const copy = await newWorkspace();
    const data = join(copy, '.tally/postgres');
    execFileSync('cp', ['-a', join(original, '.tally'), copy]);

    try {
      expect((await embeddedStatus(copy)).state).toBe('stopped');
      await expect(stopEmbedded(copy)).rejects.toMatchObject({ code: 'embedded_failed' });
      await expect(useEmbedded(copy)).rejects.toMatchObject({
        code: 'embedded_failed',
        message: expect.stringContaining(`it serves ${join(original, '.tally/postgres')}`),
        hint: expect.stringContaining(`delete ${data}/postmaster.pid`),
      });
    } finally {
      await rename(join(data, 'postmaster.pid'), join(data, 'postmaster.pid.of-the-original'));
    }
    await connect(url).then((client) => client.end());
  });

  test('a workspace that is moved takes its server along', async () => {
    const [from, to] = [await newWorkspace(), await newWorkspace()];
    const url = await startEmbedded(from);
    await rename(join(from, '.tally'), join(to, '.tally'));
    const connection = await useEmbedded(to);
    expect(connection.url).toBe(url);
    expect(await connection.release()).toBe('kept');
    expect(await stopEmbedded(to)).toBe('stopped');
  });
});

test('a server that cannot start says why, without the password', async () => {
  const workspace = await newWorkspace();
  const connection = await useEmbedded(workspace);
  const password = new URL(connection.url).password;
  await connection.release();
  const { dataDirectory } = await embeddedStatus(workspace);
  await appendFile(join(dataDirectory, 'postgresql.conf'), 'shared_buffers = nonsense\n');

  const failure = await useEmbedded(workspace).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining('invalid value for parameter "shared_buffers": "nonsense"'),
    hint: expect.stringContaining('DATABASE_URL'),
  });
  expect(JSON.stringify(failure) + String(failure)).not.toContain(password);
});

test('a database whose password is lost is not replaced', async () => {
  const workspace = await newWorkspace();
  await (await useEmbedded(workspace)).release();
  const file = join(workspace, '.tally/postgres.password');
  await rename(file, `${file}.lost`);
  await expect(useEmbedded(workspace)).rejects.toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining(`${file} is missing`),
  });
  await rename(`${file}.lost`, file);
  expect(await (await useEmbedded(workspace)).release()).toBe('stopped');
});
