import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { query } from '../setup/warehouse.js';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { startEmbedded } from '../../src/warehouse/embedded/embedded.js';
import { kindOfProcess } from '../../src/warehouse/embedded/postmaster.js';
import { newWorkspace, postmasterOf, removeWorkspaces, until } from '../warehouse/embedded/workspaces.js';
import { Nights } from './night.js';
import { isLong, naming, randomOf, SEED, spread } from './points.js';
import { startProxy, type Point, type Proxy, type Side } from './proxy.js';

const POINTS = isLong ? 20 : 3;

/** A server of its own: the one of the other tests is not to be stopped. */
describe('a server that stops at once', () => {
  let proxy: Proxy;
  let server: string;
  let url: string;
  let workspace: Workspace;
  let nights: Nights;
  let clean: Record<Side, number>;
  const seen = { old: 0, new: 0, 'not reached': 0 };

  beforeAll(async () => {
    proxy = await startProxy();
    server = await newWorkspace();
    await start();
    const plain = await createWorkspace({ database: false });
    workspace = {
      ...plain,
      query: (sql, values) => query(url, sql, values),
      tally: (args) => plain.tally(args, { env: { DATABASE_URL: url } }),
    };
    nights = new Nights(workspace);
    await nights.pass(2);
    const edition = nights.deliver();
    proxy.arm(undefined);
    await nights.expectMended(edition, await finished(runThrough()));
    clean = { ...proxy.passed };
  }, 120_000);

  afterAll(async () => {
    await proxy.close();
    await removeWorkspaces();
    process.stdout.write(`immediate stop at ${POINTS} points (seed ${SEED}): ${JSON.stringify(seen)}\n`);
  });

  test(
    'leaves the old rows or the new ones, is told as such, and the run after its next start mends it',
    async () => {
      for (const [i, point] of pointsOf().entries()) {
        seen[await naming(i + 1, point, clean, () => stopAt(point))]++;
      }
    },
    20 * 60_000,
  );

  async function start(): Promise<void> {
    url = (await startEmbedded(server)).replace(/postgres$/, 'CustomerRatingData');
  }

  /** As a power cut: the processes are gone, what was not flushed is lost, the next start recovers. */
  async function stopAtOnce(): Promise<void> {
    const { pid } = await postmasterOf(server);
    process.kill(pid, 'SIGQUIT');
    await until(async () => (await kindOfProcess(pid)) !== 'postgres');
  }

  function runThrough() {
    return workspace.start(['run', '--json'], { env: { DATABASE_URL: proxy.url(url) } });
  }

  /** By what is sent and by what is heard, in turns. */
  function pointsOf(): Point[] {
    const random = randomOf(SEED + 2);
    const [up, down] = [spread(POINTS, clean.up, random), spread(POINTS, clean.down, random)];
    return up.map((bytes, i) => (i % 2 === 0 ? { side: 'up', bytes } : { side: 'down', bytes: down[i]! }));
  }

  async function stopAt(point: Point) {
    const edition = nights.deliver();
    let reached = false;
    proxy.arm(point, async () => {
      reached = true;
      await stopAtOnce();
      return 'go on';
    });
    const ran = await finished(runThrough());
    expect(ran.stderr + ran.stdout).not.toMatch(/^\s+at /m);
    if (ran.code !== 0) {
      expect(ran.code).toBe(1);
      expect(ran.stdout).toMatch(/"code": "database_(lost|unreachable)"/);
    }
    if (reached) await start();
    const rows = await nights.expectWhole(edition);
    await nights.expectMended(edition, await workspace.tally(['run', '--json']));
    return reached ? rows : 'not reached';
  }
});
