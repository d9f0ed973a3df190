import { describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const feed = (columns: string, mode = 'replace') =>
  `title: Stock.\nfiles: ['stock_{date:YYYYMMDD}.csv']\nmode: ${mode}\nkey: id\ncolumns:\n  - { name: id, type: integer, required: true }\n${columns}`;

async function stocked(): Promise<Workspace> {
  const workspace = await createWorkspace();
  workspace.write('feeds/stock.yaml', feed('  - { name: n, type: integer }\n'));
  for (const [day, rows] of [
    ['20261101', 'id,n\n1,1\n2,2\n'],
    ['20261102', 'id,n\n1,1\n2,3\n'],
  ]) {
    workspace.write(`inbox/stock_${day}.csv`, rows!);
  }
  await workspace.run();
  return workspace;
}

describe('a feed that changes', () => {
  test('gives its tables a new column: the live version, and the one that a rollback brings back', async () => {
    const workspace = await stocked();
    workspace.write(
      'feeds/stock.yaml',
      feed('  - { name: n, type: integer }\n  - { name: place, type: text, default: Basel }\n'),
    );
    workspace.write('inbox/stock_20261103.csv', 'id,n,place\n1,1,Bern\n2,4,\n');
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded' }]);
    expect(await workspace.query('select id, n, place from stock order by id')).toEqual([
      { id: 1, n: 1, place: 'Bern' },
      { id: 2, n: 4, place: 'Basel' },
    ]);
    expect((await workspace.tally(['rollback', '--feed', 'stock', '--agency', 'agency_a'])).code).toBe(0);
    expect(await workspace.query('select id, n, place from stock order by id')).toEqual([
      { id: 1, n: 1, place: 'Basel' },
      { id: 2, n: 3, place: 'Basel' },
    ]);
  });

  test('gives files without a column the default that the feed has now', async () => {
    const workspace = await stocked();
    const rows = () => workspace.query('select id, n from stock order by id');
    for (const [day, fallback, n] of [
      ['20261103', ', default: 5', 5],
      ['20261104', ', default: 6', 6],
      ['20261105', '', null],
    ]) {
      workspace.write('feeds/stock.yaml', feed(`  - { name: n, type: integer${fallback} }\n`));
      workspace.write(`inbox/stock_${day}.csv`, `id\n1\n2\n${day}\n`);
      expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded' }]);
      expect(await rows()).toEqual([1, 2, Number(day)].map((id) => ({ id, n })));
    }
  });

  test.each([
    [
      'another type',
      feed('  - { name: n, type: text }\n'),
      'n is integer in the warehouse and text in the feed',
    ],
    [
      'another mode',
      feed('  - { name: n, type: integer }\n', 'append'),
      'its mode was replace and is append now',
    ],
  ])('to %s is refused, and the rows stay', async (_, changed, says) => {
    const workspace = await stocked();
    workspace.write('feeds/stock.yaml', changed);
    const refused = await workspace.tally(['run', '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: 'feed_changed',
      message: expect.stringContaining(says),
    });
    expect(await workspace.query('select count(*)::int as n from stock')).toEqual([{ n: 2 }]);
  });

  test('is a reason to try a refused file again', async () => {
    const workspace = await stocked();
    workspace.write('inbox/stock_20261103.csv', 'number,n\n1,1\n2,2\n');
    expect((await workspace.run()).loads).toMatchObject([
      { outcome: 'failed', code: 'header_missing_column' },
    ]);
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'skipped', code: 'still_refused' }]);
    workspace.write(
      'feeds/stock.yaml',
      feed('  - { name: n, type: integer }\n').replace('required: true', 'required: true, aliases: [number]'),
    );
    expect((await workspace.run()).loads).toMatchObject([{ outcome: 'loaded', rowsLoaded: 2 }]);
  });
});

test('tables and columns carry what the feed says of them', async () => {
  const workspace = await createWorkspace();
  expect(
    await workspace.query(
      "select obj_description('customer_rating'::regclass) as of_table, col_description('customer_rating'::regclass, 2) as of_column",
    ),
  ).toEqual([
    {
      of_table: 'Customer ratings, one row for each customer of an agency.',
      of_column: "The agency's number for the customer.",
    },
  ]);
});

test('two first commands at once prepare one database between them', async () => {
  const workspace = await createWorkspace();
  await workspace.query('drop schema tally_version, tally, public cascade');
  await workspace.query('create schema public');
  const both = await Promise.all([workspace.tally(['run', '--json']), workspace.tally(['run', '--json'])]);
  expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    { code: 0, stderr: '' },
    { code: 0, stderr: '' },
  ]);
});
