import { beforeAll, describe, expect, test } from '@jest/globals';
import { readStatus } from '../../src/run/status.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const rows = (count: number) =>
  `customer_number,customer_rating,customer_rating_limit,customer_status\n${Array.from({ length: count }, (_, i) => `${i},1,100,new\n`).join('')}`;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});

const statusAt = (moment: string) => readStatus(workspace.config(), { now: () => new Date(moment) });
const states = async (moment: string) =>
  (await statusAt(moment)).agencies.map((each) => [
    each.feed,
    each.agency,
    each.state,
    each.fresh_date,
    each.expected_date,
  ]);

describe('status', () => {
  test('before the first run tells what is expected', async () => {
    expect((await statusAt('2026-11-20T07:00:00Z')).lastRun).toBeUndefined();
    expect(await states('2026-11-20T07:00:00Z')).toEqual(
      ['a', 'b', 'c', 'd'].map((each) => [
        'customer_rating',
        `agency_${each}`,
        'missing',
        null,
        '2026-11-20',
      ]),
    );
  });

  test('tells fresh, late, held, failed and missing apart, by the hour at each agency', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261119.csv', rows(10));
    workspace.write('inbox/customer_rating_agency_b_20261119.csv', rows(10));
    workspace.write('inbox/customer_rating_agency_c_20261119.csv', '');
    workspace.write('inbox/orders_19112026.csv', 'order_reference\nO-1\n');
    await workspace.run();
    workspace.write('inbox/customer_rating_agency_b_20261120.csv', rows(1));
    await workspace.run();
    // 05:30 in Zurich is 04:30 UTC, and the files are due at 06:00 of their own day.
    expect(await states('2026-11-20T05:30:00Z')).toEqual([
      ['customer_rating', 'agency_a', 'fresh', '2026-11-19', '2026-11-19'],
      ['customer_rating', 'agency_b', 'held', '2026-11-19', '2026-11-20'],
      ['customer_rating', 'agency_c', 'failed', null, '2026-11-19'],
      ['customer_rating', 'agency_d', 'missing', null, '2026-11-19'],
      ['orders', 'agency_a', 'fresh', '2026-11-19', null],
    ]);
    expect((await states('2026-11-20T06:00:00Z'))[0]).toEqual([
      'customer_rating',
      'agency_a',
      'late',
      '2026-11-19',
      '2026-11-20',
    ]);
  });

  test('tells the last run with its loads, and what is live', async () => {
    const { lastRun, agencies } = await statusAt('2026-11-20T05:30:00Z');
    expect(lastRun).toMatchObject({ command: 'run', outcome: 'held', loaded: '0', held: '1', failed: '0' });
    expect(agencies[1]).toMatchObject({
      live_load_id: 2,
      rows_loaded: 10,
      last_load_id: 5,
      last_message: expect.stringContaining('fewer than 20 %'),
    });
  });

  test('counts the same content of a later day as fresh', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(10));
    await workspace.run();
    expect((await states('2026-11-20T12:00:00Z'))[0]).toEqual([
      'customer_rating',
      'agency_a',
      'fresh',
      '2026-11-20',
      '2026-11-20',
    ]);
  });
});

describe('a cadence', () => {
  const feed = (cadence: string) =>
    `title: Things.\nfiles: ['things_{agency}_{date:YYYYMMDD}.csv']\nmode: replace\ncolumns: [{ name: id, type: integer }]\ncadence: ${cadence}\n`;
  const things = async (moment: string) =>
    (await states(moment)).filter(([name]) => name === 'things').map(([, ...rest]) => rest);

  test('names who is to deliver; others who do are fresh, whenever they come', async () => {
    workspace.write('feeds/things.yaml', feed('{ days: weekdays, agencies: [agency_a, agency_b] }'));
    workspace.write('inbox/things_agency_a_20261120.csv', 'id\n1\n');
    workspace.write('inbox/things_agency_c_20261101.csv', 'id\n1\n');
    await workspace.run();
    // A Sunday: nothing has been due since Friday.
    expect(await things('2026-11-22T12:00:00Z')).toEqual([
      ['agency_a', 'fresh', '2026-11-20', '2026-11-20'],
      ['agency_b', 'missing', null, '2026-11-20'],
      ['agency_c', 'fresh', '2026-11-01', null],
    ]);
    expect((await things('2026-11-23T12:00:00Z'))[0]).toEqual([
      'agency_a',
      'late',
      '2026-11-20',
      '2026-11-23',
    ]);
    expect((await things('2026-11-24T12:00:00Z'))[0]).toEqual([
      'agency_a',
      'missing',
      '2026-11-20',
      '2026-11-24',
    ]);
  });

  test("is one of the agency's own time zone", async () => {
    workspace.write(
      'agencies.yaml',
      'agencies:\n  agency_a: { name: A, time_zone: Pacific/Auckland }\n  agency_b: { name: B, time_zone: America/New_York }\n',
    );
    workspace.write('feeds/things.yaml', feed("{ by: '06:00', grace_minutes: 30 }"));
    const due = async (moment: string) =>
      (await things(moment)).slice(0, 2).map(([, , , expected]) => expected);
    expect(await due('2026-11-20T17:29:00Z')).toEqual(['2026-11-20', '2026-11-20']);
    expect(await due('2026-11-20T17:30:00Z')).toEqual(['2026-11-21', '2026-11-20']);
    expect(await due('2026-11-20T11:29:00Z')).toEqual(['2026-11-20', '2026-11-19']);
  });
});

test('the end of a run tells how fresh each agency is', async () => {
  const own = await createWorkspace();
  own.write('inbox/customer_rating_agency_a_20261120.csv', rows(10));
  const { freshness } = await own.run();
  expect(freshness.map(({ agency, state }) => [agency, state])).toEqual([
    ['agency_a', 'fresh'],
    ['agency_b', 'missing'],
    ['agency_c', 'missing'],
    ['agency_d', 'missing'],
  ]);
});
