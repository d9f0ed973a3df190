import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { query } from '../setup/warehouse.js';
import { createWorkspace, finished, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError } from './ran.js';

/** The embedded database as the command line deals with it: one workspace of its own, from its making to its end. */

describe('the embedded database', () => {
  let outer: Workspace;
  let workspace: Workspace;
  beforeAll(async () => {
    outer = await createWorkspace({ database: false });
    workspace = {
      ...outer,
      folder: join(outer.folder, 'made'),
      tally: (args, options) => outer.tally(args, { cwd: join(outer.folder, 'made'), ...options }),
    };
  });
  afterAll(async () => {
    await workspace.tally(['db', 'stop']);
  });

  async function stateOf(): Promise<string> {
    const findings = documentOf<{ name: string; actual: string }[]>(
      await workspace.tally(['check', '--json']),
    );
    const { actual } = findings.find((each) => each.name === 'database')!;
    return /embedded, ([a-z ]+) \(/.exec(actual)?.[1] ?? actual;
  }

  test('tally init makes a workspace, and tally run in it does a whole night on a database of its own', async () => {
    const made = await outer.tally(['init', 'made', '--samples']);
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/made is a workspace: \d+ files\. Next: tally run --workspace made\n$/),
    });
    expect(await stateOf()).toBe('not created');
    const ran = documentOf<{ loads: { outcome: string }[]; reports: { report: string; rows: number }[] }>(
      await workspace.tally(['run', '--json']),
    );
    expect(ran).toMatchObject({
      outcome: 'done',
      unmatched: [],
      not_tried: [],
      errors: [],
    });
    expect(ran.reports).toContainEqual(
      expect.objectContaining({ report: 'customer_rating_aggregate', rows: 4 }),
    );
    expect(new Set(ran.loads.map((load) => load.outcome))).toEqual(new Set(['loaded']));
    expect(await stateOf()).toBe('stopped');
    expect(statSync(join(workspace.folder, '.tally/postgres.password')).mode & 0o777).toBe(0o600);
    expectError(await outer.tally(['init', 'made']), 'usage', 2, /is a workspace already/);
  });

  test('a file of many rows, which has two connections, takes no more processes than there are cores', async () => {
    const rows = Array.from({ length: 300_000 }, (_, i) => `${i},1,100,regular\n`).join('');
    const file = outer.write(
      'many.csv',
      `customer_number,customer_rating,customer_rating_limit,customer_status\n${rows}`,
    );
    const audit = outer.write(
      'made/sql/audits/more_processes_than_cores.sql',
      `-- audit of customer_rating, hold: more processes than there are cores
select current_setting('max_parallel_workers_per_gather') as workers
where current_setting('max_parallel_workers_per_gather')::integer > ${Math.max(0, availableParallelism() - 2)}\n`,
    );
    const loads = documentOf(
      await workspace.tally(['load', file, '--feed', 'customer_rating', '--agency', 'agency_a', '--json']),
    );
    expect(loads).toMatchObject([{ outcome: 'loaded', rows_loaded: 300_000 }]);
    rmSync(audit);
  });

  test('tally db url prints a URL that any client takes, and keeps the database running', async () => {
    const ran = await workspace.tally(['db', 'url']);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^postgresql:\/\/tally:[^@]+@127\.0\.0\.1:\d+\/CustomerRatingData\n$/),
    });
    expect(await query(ran.stdout.trim(), 'select count(*)::int as agencies from rating_aggregate')).toEqual([
      { agencies: 4 },
    ]);
    expect(await stateOf()).toBe('running');
    expect((await workspace.tally(['status'])).code).toBe(0);
    expect(await stateOf()).toBe('running');
    expect((await workspace.tally(['db', 'url', '--quiet'])).stdout).toBe(ran.stdout);
  });

  test('tally db start says that it runs, without the password', async () => {
    const ran = await workspace.tally(['db', 'start']);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^The database is running: postgresql:\/\/tally:\*\*\*@127\.0\.0\.1:\d+\/CustomerRatingData\n$/,
      ),
    });
    expect(documentOf(await workspace.tally(['db', 'start', '--json']))).toEqual({ state: 'running' });
  });

  test('a wrong password is refused with a clear word, and is not shown', async () => {
    const url = new URL((await workspace.tally(['db', 'url'])).stdout.trim());
    url.password = 'not-the-password';
    const ran = await workspace.tally(['run'], { env: { DATABASE_URL: url.href } });
    expectError(
      ran,
      'database_refused',
      1,
      /PostgreSQL refused the user or the password.*\nLook at the user and the password in DATABASE_URL\./,
    );
    expect(ran.stderr).not.toContain('not-the-password');
  });

  test('a given database is none that could be started or stopped', async () => {
    const env = { DATABASE_URL: 'postgresql://u@127.0.0.1:1/d' };
    for (const what of ['start', 'stop'])
      expectError(
        await workspace.tally(['db', what], { env }),
        'usage',
        2,
        /DATABASE_URL names the database/,
      );
  });

  test('tally db stop stops it, also where nothing runs; tally db migrate starts it and lets it go again', async () => {
    expect(await workspace.tally(['db', 'stop'])).toMatchObject({
      code: 0,
      stdout: 'The database is stopped.\n',
    });
    expect(await workspace.tally(['db', 'stop'])).toMatchObject({
      code: 0,
      stdout: 'The database was not running.\n',
    });
    expect(documentOf(await workspace.tally(['db', 'stop', '--json']))).toEqual({ state: 'stopped' });
    expect(await workspace.tally(['db', 'migrate'])).toMatchObject({
      code: 0,
      stdout: 'The database is up to date.\n',
    });
    expect(await stateOf()).toBe('stopped');
  });

  test('Ctrl+C at a terminal reaches the whole group of processes: the load is undone, and the last one out stops the database', async () => {
    const rows = Array.from({ length: 1_500_000 }, (_, i) => `${i},1,100,regular\n`).join('');
    outer.write(
      'made/inbox/customer_rating_agency_a_20990101.csv',
      `customer_number,customer_rating,customer_rating_limit,customer_status\n${rows}`,
    );
    const tally = fileURLToPath(new URL('../../bin/tally.js', import.meta.url));
    const child = spawn(process.execPath, [tally, 'run'], {
      cwd: workspace.folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const ended = finished(child);
    for (let tries = 0; (await stateOf()) !== 'running'; tries++) {
      expect(tries).toBeLessThan(100);
      await sleep(50);
    }
    process.kill(-child.pid!, 'SIGINT');
    const ran = await ended;
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /Interrupted\. Nothing of this file was loaded|Not tried: customer_rating_agency_a_20990101\.csv/,
    );
    expect(await stateOf()).toBe('stopped');
    expect(documentOf(await workspace.tally(['run', '--json']))).toMatchObject({
      outcome: 'done',
      loads: [{ outcome: 'loaded', rows_loaded: 1_500_000 }],
    });
  });
});
