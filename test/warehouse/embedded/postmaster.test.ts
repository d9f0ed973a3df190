import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { kindOfProcess, readPostmaster, removeStale } from '../../../src/warehouse/embedded/postmaster.js';
import { newWorkspace, removeWorkspaces } from './workspaces.js';

afterEach(removeWorkspaces);

const FILE = '4711\n/data\n1700000000\n5433\n\n127.0.0.1\n  1234  5\nready   \n';

describe('postmaster.pid', () => {
  test('is read by its lines', async () => {
    const data = await newWorkspace();
    expect(await readPostmaster(data)).toBeUndefined();
    await writeFile(join(data, 'postmaster.pid'), FILE);
    expect(await readPostmaster(data)).toEqual({
      pid: 4711,
      started: '1700000000',
      port: 5433,
      status: 'ready',
    });
  });

  test('that is just being written has no port yet', async () => {
    const data = await newWorkspace();
    await writeFile(join(data, 'postmaster.pid'), '');
    expect((await readPostmaster(data))?.port).toBe(0);
  });

  test('that is stale is taken away, also when it is gone already', async () => {
    const data = await newWorkspace();
    await writeFile(join(data, 'postmaster.pid'), FILE);
    const stale = (await readPostmaster(data))!;
    await removeStale(data, stale);
    await removeStale(data, stale);
    expect(await readdir(data)).toEqual([]);
  });

  test('of a server that someone has started meanwhile stays', async () => {
    const data = await newWorkspace();
    await writeFile(join(data, 'postmaster.pid'), FILE);
    const stale = { ...(await readPostmaster(data))!, pid: 4710 };
    await removeStale(data, stale);
    expect(await readdir(data)).toEqual(['postmaster.pid']);
    expect(await readFile(join(data, 'postmaster.pid'), 'utf8')).toBe(FILE);
  });
});

test('what runs under a number', async () => {
  expect(await kindOfProcess(process.pid)).toBe('other');
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  expect(await kindOfProcess(ended.pid!)).toBe('none');
});
