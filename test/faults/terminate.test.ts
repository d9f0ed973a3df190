import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { Nights } from './night.js';
import { isLong, naming, randomOf, SEED, spread } from './points.js';
import { startProxy, type Point, type Proxy, type Side } from './proxy.js';

const POINTS = isLong ? 50 : 6;
const IN_ONE_TEST = isLong ? 10 : 6;

describe('a connection that an operator ends', () => {
  let proxy: Proxy;
  let clean: Record<Side, number>;
  const seen = { old: 0, new: 0, 'not reached': 0 };

  beforeAll(async () => {
    proxy = await startProxy();
    const { workspace, nights } = await startNights();
    const edition = nights.deliver();
    proxy.arm(undefined);
    await nights.expectMended(edition, await runThrough(workspace));
    clean = { ...proxy.passed };
  });

  afterAll(async () => {
    await proxy.close();
    process.stdout.write(
      `pg_terminate_backend at ${POINTS} points (seed ${SEED}): ${JSON.stringify(seen)}\n`,
    );
  });

  for (let from = 0; from < POINTS; from += IN_ONE_TEST) {
    test(
      `at points ${from + 1} to ${from + IN_ONE_TEST} of a load is told as one, and the next run mends it`,
      async () => {
        const { workspace, nights } = await startNights();
        for (const [i, point] of pointsOf()
          .slice(from, from + IN_ONE_TEST)
          .entries()) {
          const end = () => terminateAt(workspace, nights, point);
          seen[await naming(from + i + 1, point, clean, end)]++;
        }
      },
      10 * 60_000,
    );
  }

  test.each([
    ['the report is read', 'where business_date <= $1::date'],
    ['the report has its last row', 'C\0\0\0\tPC_'],
    ['a load is closed', 'update tally.loads\nset outcome = $2'],
    ['the place of the file in the archive is recorded', 'set archived_as'],
    ['the reports are settled', 'set report_due = false'],
    ['the run is closed', 'update tally.runs'],
  ])('while %s is told too', async (_, text) => {
    const { workspace, nights } = await startNights();
    expect(await terminateAt(workspace, nights, { side: 'up', text })).toMatch(/old|new/);
  });

  async function startNights() {
    const workspace = await createWorkspace();
    const nights = new Nights(workspace);
    await nights.pass(1);
    return { workspace, nights };
  }

  function runThrough(workspace: Workspace) {
    return workspace.tally(['run', '--json'], { env: { DATABASE_URL: proxy.url(workspace.url) } });
  }

  /** Half by what is sent, half by what is heard, in turns. */
  function pointsOf(): Point[] {
    const random = randomOf(SEED + 1);
    const [up, down] = [spread(POINTS / 2, clean.up, random), spread(POINTS / 2, clean.down, random)];
    return up.flatMap((bytes, i) => [
      { side: 'up', bytes },
      { side: 'down', bytes: down[i]! },
    ]);
  }

  async function terminateAt(workspace: Workspace, nights: Nights, point: Point) {
    const edition = nights.deliver();
    let reached = false;
    proxy.arm(point, async ({ port }) => {
      reached = true;
      await workspace.query(
        'select pg_terminate_backend(pid, 10000) from pg_stat_activity where client_port = $1',
        [port],
      );
      return 'go on';
    });
    const ran = await runThrough(workspace);
    expect(ran.stderr + ran.stdout).not.toMatch(/^\s+at /m);
    if (ran.code !== 0) {
      expect(ran.code).toBe(1);
      expect(ran.stdout).toMatch(/"code": "database_(lost|unreachable)"/);
      expect(ran.stdout).toMatch(/"hint": ".+"/);
    }
    await nights.untilServerIsIdle();
    const rows = await nights.expectWhole(edition);
    await nights.expectClosed(edition);
    if (ran.code === 0) expect(rows).toBe('new');
    await nights.expectMended(edition, await workspace.tally(['run', '--json']));
    return reached ? rows : 'not reached';
  }
});
