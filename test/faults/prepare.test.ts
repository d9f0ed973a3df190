import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { dropAfterwards, onServer, query, urlOf } from '../setup/warehouse.js';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { embeddedStatus, stopEmbedded } from '../../src/warehouse/embedded/embedded.js';
import { until } from '../warehouse/embedded/workspaces.js';
import { Nights } from './night.js';
import { isLong, randomOf, SEED, spread } from './points.js';
import { startProxy, type Point, type Proxy, type Side } from './proxy.js';

const POINTS = isLong ? 40 : 4;
const STARTS = isLong ? 20 : 3;

/** A workspace whose database is not there yet. */
async function withoutDatabase(name: string): Promise<Workspace> {
  const plain = await createWorkspace({ database: false });
  const url = urlOf(name);
  return {
    ...plain,
    url,
    query: (sql, values) => query(url, sql, values),
    tally: (args, options) => plain.tally(args, { env: { DATABASE_URL: url, ...options?.env } }),
  };
}

describe('the first command on a server', () => {
  let proxy: Proxy;
  let clean: Record<Side, number>;
  const seen = { old: 0, new: 0, 'no database': 0, 'no table': 0 };
  const name = `tally_first_${process.pid}`;

  beforeAll(async () => {
    proxy = await startProxy();
    dropAfterwards(name);
    proxy.arm(undefined);
    const workspace = await withoutDatabase(name);
    const nights = new Nights(workspace, 4000);
    await nights.expectMended(nights.deliver(), await finished(runThrough(workspace)));
    clean = { ...proxy.passed };
  });
  afterAll(async () => {
    await proxy.close();
    process.stdout.write(
      `SIGKILL at ${POINTS} points of a first command (seed ${SEED}): ${JSON.stringify(seen)}\n`,
    );
  });

  const runThrough = (workspace: Workspace) =>
    workspace.start(['run', '--json'], { env: { DATABASE_URL: proxy.url(workspace.url) } });

  test(
    'is killed while it makes the database, its tables and views: the next one makes the rest',
    async () => {
      const random = randomOf(SEED + 5);
      const [up, down] = [spread(POINTS, clean.up, random), spread(POINTS, clean.down, random)];
      const points = up.map((bytes, i): Point =>
        i % 2 === 0 ? { side: 'up', bytes } : { side: 'down', bytes: down[i]! },
      );
      for (const point of points) {
        await onServer(`drop database if exists ${name} with (force)`);
        const workspace = await withoutDatabase(name);
        const nights = new Nights(workspace, 4000);
        const edition = nights.deliver();
        const child = runThrough(workspace);
        proxy.arm(point, async () => {
          child.kill('SIGKILL');
          return 'cut';
        });
        await finished(child);
        seen[await stateOf()]++;
        try {
          await nights.expectMended(edition, await workspace.tally(['run', '--json']));
        } catch (cause) {
          throw new Error(`seed ${SEED}, ${JSON.stringify(point)} of ${JSON.stringify(clean)}`, { cause });
        }
      }
    },
    20 * 60_000,
  );

  async function stateOf(): Promise<keyof typeof seen> {
    const there = await query(urlOf('postgres'), 'select from pg_database where datname = $1', [name]);
    if (there.length === 0) return 'no database';
    const [table] = await query<{ there: boolean }>(
      urlOf(name),
      "select to_regclass('public.customer_rating') is not null as there",
    );
    if (!table!.there) return 'no table';
    const [rows] = await query<{ n: number }>(urlOf(name), 'select count(*)::int as n from customer_rating');
    return rows!.n > 0 ? 'new' : 'old';
  }
});

describe('the first command with the embedded database', () => {
  const folders: string[] = [];

  afterEach(async () => {
    for (const folder of folders.splice(0)) await stopEmbedded(folder);
  });

  /** What a killed command had started lives on for a moment: initdb, pg_ctl. */
  const programsOf = (folder: string) =>
    execFileSync('ps', ['-eo', 'pid,args'])
      .toString()
      .split('\n')
      .filter((line) => line.includes(`${folder}/.tally/`));

  test(
    'is killed at any moment between its start and its end: the next one works, and leaves nothing running',
    async () => {
      const measured = await embeddedWorkspace();
      const began = Date.now();
      const ran = await measured.tally(['run', '--json']);
      expect(ran.code).toBe(0);
      const length = Date.now() - began;

      for (const moment of spread(STARTS, length, randomOf(SEED + 6))) {
        const workspace = await embeddedWorkspace();
        workspace.write('inbox/customer_rating_agency_a_20240105.csv', RATINGS);
        const child = workspace.start(['run', '--json']);
        const ended = finished(child);
        await sleep(moment);
        child.kill('SIGKILL');
        await ended;
        try {
          const next = await workspace.tally(['run', '--json']);
          expect(next).toMatchObject({ code: 0 });
          expect(workspace.read('output/Customer_Rating_Aggregate_Report_20240105.csv')).toContain(
            '\nagency_a,2,9,0,0,0.00\n',
          );
          expect(workspace.list('inbox')).toEqual([]);
          await until(async () => (await embeddedStatus(workspace.folder)).state === 'stopped');
          await until(async () => programsOf(workspace.folder).length === 0);
        } catch (cause) {
          throw new Error(`seed ${SEED}, killed after ${moment} of ${length} ms`, { cause });
        }
      }
    },
    20 * 60_000,
  );

  async function embeddedWorkspace(): Promise<Workspace> {
    const workspace = await createWorkspace({ database: false });
    folders.push(workspace.folder);
    return workspace;
  }
});

const RATINGS =
  'customer_number,customer_rating,customer_rating_limit,customer_status\n1,4,100,regular\n2,5,100,regular\n';
