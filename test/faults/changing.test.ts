import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { Nights, type Edition } from './night.js';
import { startProxy, type Point, type Proxy } from './proxy.js';

/** Longer than what may be on its way between the file and the server, so that it changes while it is read. */
const LONG = 400_000;

describe('a file that changes while it is read', () => {
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startProxy();
  });
  afterAll(() => proxy.close());

  /** When the server has got so much of the rows, the file at this path is dealt with. */
  async function runWhile(workspace: Workspace, point: Point, path: string, change: (path: string) => void) {
    let reached = false;
    proxy.arm(point, async () => {
      reached = true;
      change(path);
      return 'go on';
    });
    const ran = await workspace.tally(['run', '--json'], { env: { DATABASE_URL: proxy.url(workspace.url) } });
    expect(reached).toBe(true);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    return { code: ran.code, ...(JSON.parse(ran.stdout) as { loads: unknown[] }) };
  }

  const changes: Record<string, (path: string) => void> = {
    'grows by a row': (path) => appendFileSync(path, '999999,1,100,regular\n'),
    'grows by half a row': (path) => appendFileSync(path, '9999'),
    'shrinks to half of it': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    'is emptied': (path) => truncateSync(path, 0),
    'is emptied and filled with zeros to its size': (path) => {
      const { size } = statSync(path);
      truncateSync(path, 0);
      truncateSync(path, size);
    },
    'gets another digit, and its old time back': (path) => {
      const { atime, mtime } = statSync(path);
      const file = openSync(path, 'r+');
      writeSync(file, '9', statSync(path).size - 20);
      closeSync(file);
      utimesSync(path, atime, mtime);
    },
    'is exchanged for another of the same size': (path) => {
      const { size, atime, mtime } = statSync(path);
      writeFileSync(`${path}.part`, 'x'.repeat(size));
      utimesSync(`${path}.part`, atime, mtime);
      renameSync(`${path}.part`, path);
    },
  };

  /** While there is still a part of the file that was not read. */
  const LATE = ['shrinks to half of it'];

  test.each(Object.entries(changes))(
    'and %s is not loaded; when it is complete, the next run does',
    async (name, change) => {
      const workspace = await createWorkspace();
      const nights = new Nights(workspace, LATE.includes(name) ? LONG : undefined);
      await nights.pass(1);
      const edition = nights.deliver();
      const path = join(workspace.folder, 'inbox', edition.file);
      const rows: Point = { side: 'up', bytes: 100_000 };
      const { code, loads } = await runWhile(workspace, rows, path, change);
      expect(code).toBe(1);
      expect(loads).toMatchObject([
        {
          outcome: 'failed',
          code: 'file_changed',
          message: expect.stringContaining('Nothing was loaded'),
          hint: expect.stringContaining('The next run loads it'),
        },
      ]);
      expect(await nights.rowsAre(edition)).toBe('old');
      await nights.expectClosed(edition);
      // Whoever delivers has come to the end: the very same content may have been on its way.
      workspace.write(`inbox/${edition.file}`, edition.text);
      await nights.expectMended(edition, await workspace.tally(['run', '--json']));
    },
  );

  test('and is exchanged when it is read already is loaded as it was; the other is neither archived for it nor lost', async () => {
    const workspace = await createWorkspace();
    const nights = new Nights(workspace);
    await nights.pass(1);
    const edition = nights.deliver();
    const other = 'customer_number,customer_rating,customer_rating_limit,customer_status\n7,7,100,regular\n';
    const path = join(workspace.folder, 'inbox', edition.file);
    const { code, loads } = await runWhile(
      workspace,
      { side: 'up', text: 'analyze "tally_version"' },
      path,
      () => {
        writeFileSync(`${path}.part`, other);
        renameSync(`${path}.part`, path);
      },
    );
    expect({ code, loads }).toMatchObject({ code: 0, loads: [{ outcome: 'loaded' }] });
    expect(await nights.rowsAre(edition)).toBe('new');
    expect(workspace.read(`inbox/${edition.file}`)).toBe(other);

    const next = await workspace.load(`inbox/${edition.file}`, { force: true });
    expect(next).toMatchObject({ outcome: 'loaded', rowsLoaded: 1 });
    expect(archived(workspace, edition)).toEqual([other]);
  });
});

function archived(workspace: Workspace, { day }: Edition): string[] {
  const folder = `archive/customer_rating/${day}`;
  return workspace
    .list(folder)
    .filter((name) => name.endsWith('.csv'))
    .map((name) => workspace.read(`${folder}/${name}`));
}
