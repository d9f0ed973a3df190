import { chmod, cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { serverAccount } from '../../../src/warehouse/embedded/account.js';
import { installedBinaries, runnableBinaries } from '../../../src/warehouse/embedded/binaries.js';
import type { Binaries } from '../../../src/warehouse/embedded/binaries.js';
import { run } from '../../../src/warehouse/embedded/run.js';
import { isRoot, newWorkspace, removeWorkspaces } from './workspaces.js';

jest.setTimeout(120_000);
afterEach(removeWorkspaces);

/** As npm leaves the package when it runs no scripts: without links. */
async function packageWithoutLinks(): Promise<Binaries> {
  const installed = installedBinaries();
  const native = dirname(dirname(installed.postgres));
  const folder = await newWorkspace();
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ version: basename(folder) }));
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  await Promise.all(links.map(({ target }) => rm(join(folder, target))));
  const at = (path: string): string => join(folder, 'native/bin', basename(path));
  return { postgres: at(installed.postgres), initdb: at(installed.initdb), pg_ctl: at(installed.pg_ctl) };
}

const onLinux = process.platform === 'linux';

if (onLinux)
  test('the links and rights that npm left out are made', async () => {
    const binaries = await packageWithoutLinks();
    await chmod(binaries.initdb, 0o644);
    expect((await run(binaries.postgres, ['--version'])).ok).toBe(false);
    expect(await runnableBinaries(undefined, binaries)).toEqual(binaries);
    expect((await run(binaries.initdb, ['--version'])).output).toMatch(/^initdb \(PostgreSQL\) 18/);
  });

if (onLinux && isRoot)
  test('programs in a closed folder are copied to where their user can go', async () => {
    const closed = await packageWithoutLinks();
    const account = await serverAccount('/nowhere');
    await chmod(dirname(dirname(dirname(closed.postgres))), 0o700);

    const copy = await runnableBinaries(account, closed);
    expect(copy.postgres).not.toBe(closed.postgres);
    for (const program of Object.values(copy)) {
      expect((await run(program, ['--version'], { account })).ok).toBe(true);
    }
    expect(await runnableBinaries(account, closed)).toEqual(copy);

    const folder = dirname(dirname(copy.postgres));
    const beside = await readdir(dirname(folder));
    expect(beside.filter((name) => name.startsWith('new-'))).toEqual([]);
    await rm(folder, { recursive: true });
  });

test('programs that do not run here say why, and what to do', async () => {
  const broken = await packageWithoutLinks();
  await rm(join(dirname(broken.postgres), '../lib'), { recursive: true });
  await expect(runnableBinaries(undefined, broken)).rejects.toMatchObject({
    code: 'embedded_failed',
    message: expect.stringContaining('does not run here'),
    hint: expect.stringContaining('DATABASE_URL'),
  });
});
