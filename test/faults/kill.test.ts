import { watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { Nights } from './night.js';
import { isLong, naming, randomOf, SEED, spread } from './points.js';
import { startProxy, type Proxy, type Side } from './proxy.js';

/** In the long form, 200 points; in every test run, 20. */
const POINTS = isLong ? 200 : 20;
const IN_ONE_TEST = 20;

type KillPoint = { side: Side; bytes: number } | { event: number };

/** All that happens in the folders of the workspace while a command runs: the moments that the database does not see. */
function watchFolders(workspace: Workspace, happened: () => void): () => void {
  const folders = ['inbox', 'output', 'archive/customer_rating'];
  const watchers = folders.map((folder) => watch(join(workspace.folder, folder), happened));
  return () => watchers.forEach((watcher) => watcher.close());
}

describe('a process that is killed', () => {
  let proxy: Proxy;
  let clean: Record<Side, number> & { events: number };
  const seen = { old: 0, new: 0, 'not reached': 0 };

  beforeAll(async () => {
    proxy = await startProxy();
    const { workspace, nights } = await startNights();
    const edition = nights.deliver();
    let events = 0;
    const stop = watchFolders(workspace, () => events++);
    proxy.arm(undefined);
    const ran = await workspace.tally(['run', '--json'], { env: { DATABASE_URL: proxy.url(workspace.url) } });
    stop();
    await nights.expectMended(edition, ran);
    clean = { ...proxy.passed, events };
  });

  afterAll(async () => {
    await proxy.close();
    process.stdout.write(`SIGKILL at ${POINTS} points (seed ${SEED}): ${JSON.stringify(seen)}\n`);
  });

  for (let from = 0; from < POINTS; from += IN_ONE_TEST) {
    test(
      `at points ${from + 1} to ${from + IN_ONE_TEST} of a load leaves the old rows or the new ones, and the next run mends it`,
      async () => {
        const { workspace, nights } = await startNights();
        for (const [i, point] of pointsOf()
          .slice(from, from + IN_ONE_TEST)
          .entries()) {
          const kill = () => killAt(workspace, nights, point, i % 2 === 0);
          seen[await naming(from + i + 1, point, clean, kill)]++;
        }
      },
      30 * 60_000,
    );
  }

  /** Two nights in: there are old rows, and a version before them. */
  async function startNights() {
    const workspace = await createWorkspace();
    const nights = new Nights(workspace);
    await nights.pass(2);
    return { workspace, nights };
  }

  /** By what is sent, which is mostly the file's rows; by what is heard, which is spread over the steps; by files. */
  function pointsOf(): KillPoint[] {
    const random = randomOf(SEED);
    const share = POINTS / 5;
    const points: KillPoint[] = [
      ...spread(2 * share, clean.up, random).map((bytes) => ({ side: 'up' as const, bytes })),
      ...spread(2 * share, clean.down, random).map((bytes) => ({ side: 'down' as const, bytes })),
      ...spread(share, clean.events, random).map((event) => ({ event })),
    ];
    // Each test gets some of each kind.
    return points
      .map((point) => ({ point, order: random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ point }) => point);
  }

  async function killAt(workspace: Workspace, nights: Nights, point: KillPoint, waits: boolean) {
    const edition = nights.deliver();
    // It takes longer to come to its first word than we to arm what listens to it.
    const child = workspace.start(['run'], { env: { DATABASE_URL: proxy.url(workspace.url) } });
    let killed = false;
    const kill = () => {
      killed = true;
      child.kill('SIGKILL');
    };
    let events = 0;
    const stop = watchFolders(workspace, () => {
      if ('event' in point && ++events === point.event) kill();
    });
    proxy.arm('side' in point ? point : undefined, async () => {
      kill();
      return 'cut';
    });
    const ran = await finished(child);
    stop();
    expect(ran.stderr).not.toMatch(/^\s+at /m);

    // Half of the time the next run comes while the server may still be busy with what the dead process asked last.
    if (waits) await nights.untilServerIsIdle();
    const rows = waits ? await nights.expectWhole(edition) : await nights.rowsAre(edition);
    await nights.expectMended(edition, await workspace.tally(['run', '--json']));
    return killed ? rows : 'not reached';
  }
});
