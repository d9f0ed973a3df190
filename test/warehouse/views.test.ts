import { describe, expect, test } from '@jest/globals';
import { TAKEN_NAMES } from '../../src/feeds/feed.js';
import { sqlFiles } from '../../src/warehouse/views.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const migrate = (workspace: Workspace) => workspace.tally(['db', 'migrate', '--json']);

describe('views', () => {
  test('of the workspace are built in the order in which they read each other, and again when their text changes', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'sql/views/a_sum.sql',
      '-- One row for each thing.\nselect sum(n) as sum from b_numbers\n',
    );
    workspace.write(
      'sql/views/b_numbers.sql',
      '-- One row for each number.\nselect n from generate_series(1, 3) as n\n',
    );
    const built = JSON.parse((await migrate(workspace)).stdout);
    expect(built.views_built).toEqual(expect.arrayContaining(['a_sum', 'b_numbers']));
    expect(await workspace.query('select sum::int from a_sum')).toEqual([{ sum: 6 }]);
    expect(JSON.parse((await migrate(workspace)).stdout).views_built).toEqual([]);

    workspace.write(
      'sql/views/b_numbers.sql',
      '-- One row for each number.\nselect 1 as m, n from generate_series(1, 4) as n\n',
    );
    await migrate(workspace);
    expect(await workspace.query('select sum::int from a_sum')).toEqual([{ sum: 10 }]);
  });

  test('that someone has put a view on are not dropped from under it', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'sql/views/b_numbers.sql',
      '-- One row for each number.\nselect n from generate_series(1, 3) as n\n',
    );
    await migrate(workspace);
    await workspace.query('create view an_analysts as select * from b_numbers');
    workspace.write(
      'sql/views/b_numbers.sql',
      '-- One row for each number.\nselect 1 as m from generate_series(1, 4) as n\n',
    );
    const refused = await migrate(workspace);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      code: 'sql_invalid',
      message: expect.stringContaining('an_analysts'),
    });
    expect(await workspace.query('select count(*)::int as n from an_analysts')).toEqual([{ n: 3 }]);
  });

  test('that are wrong are told with file and line; that read each other in a circle too', async () => {
    const workspace = await createWorkspace();
    workspace.write('sql/views/wrong.sql', '-- One row for each mistake.\nselect 1,\n  nothing\n');
    expect(JSON.parse((await migrate(workspace)).stdout).error.message).toMatch(
      /wrong\.sql:3: column "nothing" does not exist/,
    );
    workspace.write('sql/views/wrong.sql', '-- One row.\nselect * from other_way\n');
    workspace.write('sql/views/other_way.sql', '-- One row.\nselect * from wrong\n');
    expect(JSON.parse((await migrate(workspace)).stdout).error.message).toContain('in a circle');
  });

  test('that read what this workspace does not have are left out, until it has it', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'sql/views/stock_sum.sql',
      '-- One row for each agency.\nselect agency, sum(n) as n from stock group by agency\n',
    );
    expect(JSON.parse((await migrate(workspace)).stdout).views_left_out).toMatchObject([
      { view: 'stock_sum' },
    ]);
    workspace.write(
      'feeds/stock.yaml',
      'title: Stock.\nfiles: [stock.csv]\nmode: replace\ncolumns:\n  - { name: n, type: integer }\n',
    );
    await migrate(workspace);
    expect(await workspace.query('select count(*)::int as n from stock_sum')).toEqual([{ n: 0 }]);
  });

  test('that ship have names that no feed may take', () => {
    const shipped = sqlFiles('views', 'no workspace').map(({ name }) => name);
    expect(TAKEN_NAMES).toEqual(expect.arrayContaining(shipped));
  });

  test('that ship are left out where a feed has not their columns; one of the workspace is a mistake then', async () => {
    const workspace = await createWorkspace();
    await workspace.query('drop table barcodes cascade');
    await workspace.query(`delete from tally.feeds where feed = 'barcodes'`);
    workspace.write(
      'feeds/barcodes.yaml',
      'title: Barcodes.\nfiles: [barcodes.csv]\nmode: replace\nkey: barcode\ncolumns:\n  - { name: barcode, type: integer, required: true }\n',
    );
    const { views_left_out: leftOut, views_built: built } = JSON.parse((await migrate(workspace)).stdout);
    expect(leftOut).toContainEqual({
      view: 'unused_barcode',
      reason: 'column "order_reference" does not exist',
    });
    expect(built).toEqual(expect.arrayContaining(['barcode_duplicate', 'order_summary']));
    workspace.write(
      'sql/views/unused_barcode.sql',
      '-- One row for each.\nselect order_reference from barcodes\n',
    );
    expect(JSON.parse((await migrate(workspace)).stdout).error.message).toMatch(
      /unused_barcode\.sql:2: column "order_reference" does not exist/,
    );
  });
});
