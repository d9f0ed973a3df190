import { lstat, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { serverAccount } from '../../../src/warehouse/embedded/account.js';
import { canEnter } from '../../../src/warehouse/embedded/closed-folders.js';
import {
  embeddedStatus,
  startEmbedded,
  stopEmbedded,
  useEmbedded,
} from '../../../src/warehouse/embedded/embedded.js';
import { connect, isRoot, newWorkspace, postmasterOf, removeWorkspaces } from './workspaces.js';

jest.setTimeout(120_000);
afterEach(removeWorkspaces);

// Who runs the tests decides which half there is: .ci/run is run by both.
if (isRoot) describe('as root', asRoot);
else describe('as an ordinary user', asOrdinaryUser);

function asRoot(): void {
  test('the server runs as another user, who owns the data', async () => {
    const workspace = await newWorkspace();
    await startEmbedded(workspace);
    const { dataDirectory } = await embeddedStatus(workspace);
    const owner = await stat(dataDirectory);
    expect(owner.uid).not.toBe(0);
    expect(await serverAccount(dataDirectory)).toEqual({ uid: owner.uid, gid: owner.gid });
    if (process.platform === 'linux') {
      const { pid } = await postmasterOf(workspace);
      expect((await stat(`/proc/${pid}`)).uid).toBe(owner.uid);
    }
  });

  test('the data of a closed workspace lie outside, where a link tells', async () => {
    const workspace = await newWorkspace(0o700);
    const first = await useEmbedded(workspace);
    const writer = await connect(first.url);
    await writer.query('create table t as select 42 as n');
    await writer.end();
    expect(await first.release()).toBe('stopped');

    const { dataDirectory } = await embeddedStatus(workspace);
    const entry = join(workspace, '.tally/postgres');
    expect(await readlink(entry)).toBe(dataDirectory);
    expect(dataDirectory.startsWith(workspace)).toBe(false);
    const password = await lstat(join(workspace, '.tally/postgres.password'));
    expect([password.mode & 0o777, password.uid]).toEqual([0o600, 0]);

    const second = await useEmbedded(workspace);
    expect((await (await connect(second.url)).query('table t')).rows).toEqual([{ n: 42 }]);
  });

  test('two first starts in a closed workspace come to one database', async () => {
    const workspace = await newWorkspace(0o700);
    const both = await Promise.all([useEmbedded(workspace), useEmbedded(workspace)]);
    expect(both[0]!.url).toBe(both[1]!.url);
  });

  test('a new workspace at an old path does not meet the old data', async () => {
    const workspace = await newWorkspace(0o700);
    await startEmbedded(workspace);
    const old = await embeddedStatus(workspace);
    await stopEmbedded(workspace);
    await rm(join(workspace, '.tally'), { recursive: true });

    await startEmbedded(workspace);
    expect((await embeddedStatus(workspace)).dataDirectory).not.toBe(old.dataDirectory);
  });

  test('whether a folder can be entered is asked as the other user', async () => {
    const account = await serverAccount('/nowhere');
    expect(await canEnter(account, await newWorkspace(0o755))).toBe(true);
    expect(await canEnter(account, await newWorkspace(0o700))).toBe(false);
    expect(await canEnter(undefined, await newWorkspace(0o700))).toBe(true);
  });
}

function asOrdinaryUser(): void {
  test('the server runs as oneself, and the data lie in the workspace', async () => {
    const workspace = await newWorkspace(0o700);
    await startEmbedded(workspace);
    const { dataDirectory } = await embeddedStatus(workspace);
    expect(dataDirectory).toBe(join(workspace, '.tally/postgres'));
    expect((await stat(dataDirectory)).uid).toBe(process.getuid?.() ?? 0);
  });
}
