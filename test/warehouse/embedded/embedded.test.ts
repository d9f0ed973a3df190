import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  embeddedStatus,
  startEmbedded,
  stopEmbedded,
  useEmbedded,
} from '../../../src/warehouse/embedded/embedded.js';
import { endProcesses, startProcess } from './other-process.js';
import { connect, newWorkspace, postmasterOf, removeWorkspaces } from './workspaces.js';

jest.setTimeout(120_000);
afterEach(removeWorkspaces);
afterAll(endProcesses);

describe('use and release', () => {
  test('an empty workspace gets a database, which keeps what is written between two starts', async () => {
    const workspace = await newWorkspace();
    expect(await embeddedStatus(workspace)).toEqual({
      state: 'not created',
      kept: false,
      dataDirectory: join(workspace, '.tally/postgres'),
    });

    const first = await useEmbedded(workspace);
    const writer = await connect(first.url);
    await writer.query('create table t as select 42 as n');
    await writer.end();
    expect(await first.release()).toBe('stopped');
    expect(await embeddedStatus(workspace)).toMatchObject({ state: 'stopped' });

    const second = await useEmbedded(workspace);
    expect((await (await connect(second.url)).query('table t')).rows).toEqual([{ n: 42 }]);
  });

  test('releasing twice is releasing once', async () => {
    const connection = await useEmbedded(await newWorkspace());
    expect(await Promise.all([connection.release(), connection.release()])).toEqual(['stopped', 'stopped']);
    expect(await connection.release()).toBe('stopped');
  });

  test('the server is set up for bulk loads and closed to the network', async () => {
    const { url } = await useEmbedded(await newWorkspace());
    const { rows } = await (
      await connect(url)
    ).query(
      `select name, current_setting(name) as value from pg_settings
       where name in ('listen_addresses', 'unix_socket_directories', 'wal_level', 'shared_buffers', 'TimeZone')`,
    );
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      wal_level: 'minimal',
      shared_buffers: '256MB',
      TimeZone: 'UTC',
    });
  });

  test('the locale is the same on every machine', async () => {
    const { url } = await useEmbedded(await newWorkspace());
    const { rows } = await (
      await connect(url)
    ).query(
      `select datlocprovider, datlocale, datcollate, pg_encoding_to_char(encoding) as encoding
       from pg_database where datname = 'postgres'`,
    );
    expect(rows).toEqual([{ datlocprovider: 'b', datlocale: 'C.UTF-8', datcollate: 'C', encoding: 'UTF8' }]);
  });

  test('the password is needed, and only its owner may read it', async () => {
    const workspace = await newWorkspace();
    const { url } = await useEmbedded(workspace);
    const wrong = url.replace(/:[^:@]+@/, ':wrong@');
    await expect(connect(wrong)).rejects.toMatchObject({ code: '28P01' });

    const file = await lstat(join(workspace, '.tally/postgres.password'));
    expect(file.mode & 0o777).toBe(0o600);
    expect(file.uid).toBe(process.getuid?.() ?? 0);
    const password = (await readFile(join(workspace, '.tally/postgres.password'), 'utf8')).trim();
    expect(password).toMatch(/^[\w-]{24,}$/);
    expect(url).toContain(`tally:${password}@127.0.0.1:`);
    expect(await readFile(join(workspace, '.tally/postgres.log'), 'utf8')).not.toContain(password);
  });
});

describe('who still needs it', () => {
  test('another user of the same process', async () => {
    const workspace = await newWorkspace();
    const one = await useEmbedded(workspace);
    const other = await useEmbedded(workspace);
    expect(other.url).toBe(one.url);
    expect(await one.release()).toBe('in use');
    expect(await other.release()).toBe('stopped');
  });

  test('both leave at the same moment: one of them stops it', async () => {
    const workspace = await newWorkspace();
    for (let round = 0; round < 5; round++) {
      const both = [await useEmbedded(workspace), await useEmbedded(workspace)];
      const outcomes = await Promise.all(both.map((each) => each.release()));
      expect(outcomes.sort()).toEqual(['in use', 'stopped']);
    }
  });

  test('a connection that is none of ours', async () => {
    const workspace = await newWorkspace();
    const connection = await useEmbedded(workspace);
    const psql = await connect(connection.url);
    expect(await connection.release()).toBe('in use');
    expect((await psql.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await psql.end();

    const last = await useEmbedded(workspace);
    expect(last.url).toBe(connection.url);
    expect(await last.release()).toBe('stopped');
  });

  test('not a process that ended without saying so, which it can', async () => {
    const workspace = await newWorkspace();
    const careless = await startProcess(workspace);
    const url = await careless.use();
    expect(await careless.finish()).toBe(0);

    const next = await useEmbedded(workspace);
    expect(next.url).toBe(url);
    expect(await next.release()).toBe('stopped');
  });
});

describe('keep and stop', () => {
  test('a server that was started stays without users until it is stopped', async () => {
    const workspace = await newWorkspace();
    const url = await startEmbedded(workspace);
    const connection = await useEmbedded(workspace);
    expect(connection.url).toBe(url);
    expect(await connection.release()).toBe('kept');
    expect(await embeddedStatus(workspace)).toMatchObject({ state: 'running', kept: true, url });

    expect(await stopEmbedded(workspace)).toBe('stopped');
    expect(await embeddedStatus(workspace)).toMatchObject({ state: 'stopped', kept: false });
    expect(await stopEmbedded(workspace)).toBe('not running');
  });

  test('one that runs already can be kept', async () => {
    const workspace = await newWorkspace();
    const connection = await useEmbedded(workspace);
    expect(await startEmbedded(workspace)).toBe(connection.url);
    expect(await connection.release()).toBe('kept');
  });

  test('stopping does not ask who uses it, and they live to tell', async () => {
    const workspace = await newWorkspace();
    const other = await startProcess(workspace);
    await other.use();
    const connection = await useEmbedded(workspace);
    expect(await stopEmbedded(workspace)).toBe('stopped');
    expect(await other.isAlive()).toBe(true);
    expect(await other.release()).toBe('stopped');
    expect(await connection.release()).toBe('stopped');
  });

  test('a workspace without a database has nothing to stop, and gets none by it', async () => {
    const workspace = await newWorkspace();
    expect(await stopEmbedded(workspace)).toBe('not running');
    expect((await embeddedStatus(workspace)).state).toBe('not created');
  });

  test('a signal to the terminal does not reach the server', async () => {
    const workspace = await newWorkspace();
    await startEmbedded(workspace);
    const { pid } = await postmasterOf(workspace);
    if (process.platform !== 'linux') return;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // after the name: state, parent, process group, session
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([group, session]).toEqual([String(pid), String(pid)]);
  });
});

test('a workspace that is not there is an error that names it', async () => {
  const missing = join(await newWorkspace(), 'missing');
  await expect(useEmbedded(missing)).rejects.toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining(missing),
    hint: expect.stringContaining('DATABASE_URL'),
  });
});
