import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';
import { load, told, verify, verifyOne } from './verifying.js';

describe('keys', () => {
  const BARCODES = 'barcode,order_id\nb1,7\nb2,\nb1,8\nb3,\nb2,9\n';

  test('whose repeated rows are not where they belong are found', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'barcodes.csv', BARCODES);
    await workspace.query('delete from file_invalid_rows where line_number = 4');
    await workspace.query("update barcodes set line_number = 44 where barcode = 'b3'");
    const done = await verifyOne(workspace);
    expect(told(done)).toEqual([
      'invalid_row: line 4 repeats the key of line 2, and is not in file_invalid_rows | b1,8',
      'row: line 5: line_number: expected `5`, found `44` | b3,',
    ]);
  });

  test('of which the first row was exchanged for a later one are found', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'barcodes.csv', BARCODES);
    await workspace.query("update barcodes set order_reference = '8', line_number = 4 where barcode = 'b1'");
    expect(told(await verifyOne(workspace))).toEqual([
      'row: line 2: line_number: expected `2`, found `4`; order_reference: expected `7`, found `8` | b1,7',
    ]);
  });

  test('of groups of columns are compared as they were', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/prices.yaml',
      'title: Prices.\nfiles: [prices.csv]\nmode: replace\nkey: id\nunique: [[name, size]]\ncolumns:\n' +
        '  - { name: id, type: integer, required: true }\n  - { name: name, type: text }\n  - { name: size, type: text }\n',
    );
    await load(workspace, 'prices.csv', 'id,name,size\n7,a,x\n 007 ,b,x\n8,a,x\n9,,x\n10,,x\n');
    expect(await verifyOne(workspace, { rowForRow: true })).toMatchObject({
      outcome: 'verified',
      counted: { rowsLoaded: 3, rowsInvalid: 2 },
    });
  });
});

describe('append', () => {
  const EVENT = (n: number, type = 'scan') => `C-${n},${type},e-${n},2021-03-01 00:03:2${n}+00\n`;

  async function appended(): Promise<Workspace> {
    const workspace = await createWorkspace();
    await load(workspace, 'usage_events.csv', EVENT(1) + EVENT(2) + EVENT(2), '2026-11-18');
    // One known, one with other values, one new.
    await load(workspace, 'usage_events.csv', EVENT(1) + EVENT(2, 'print') + EVENT(3), '2026-11-19');
    await load(workspace, 'usage_events.csv', EVENT(3) + EVENT(4), '2026-11-20');
    return workspace;
  }

  test('verifies every load that the table has rows of, known rows and others', async () => {
    const workspace = await appended();
    const done = await verify(workspace, { rowForRow: true });
    expect(done.map(({ loadId, outcome, counted }) => [loadId, outcome, counted])).toEqual([
      ['1', 'verified', { rowsRead: 3, rowsLoaded: 3, rowsInvalid: 0, rowsRepeated: 1 }],
      ['2', 'verified', { rowsRead: 3, rowsLoaded: 2, rowsInvalid: 1, rowsRepeated: 1 }],
      ['3', 'verified', { rowsRead: 2, rowsLoaded: 2, rowsInvalid: 0, rowsRepeated: 1 }],
    ]);
  });

  test('finds a row of an earlier load that was changed or deleted, and one that no load brought', async () => {
    const workspace = await appended();
    await workspace.query("update usage_events set quantity = 2 where event_id = 'e-1'");
    await workspace.query("delete from usage_events where event_id = 'e-3'");
    await workspace.query("update usage_events set load_id = 99 where event_id = 'e-4'");
    await workspace.query('delete from file_invalid_rows');
    const done = await verify(workspace);
    expect(done.map((each) => [each.loadId, told(each)])).toEqual([
      ['1', ['row: line 1: quantity: expected `1`, found `2` | C-1,scan,e-1,2021-03-01 00:03:21+00']],
      [
        '2',
        // What was the same event then is another one now.
        expect.arrayContaining([
          'invalid_row: line 2 repeats the key of line 2 of load 1, and is not in file_invalid_rows | C-2,print,e-2,2021-03-01 00:03:22+00',
          'row: line 3 is not in the table | C-3,scan,e-3,2021-03-01 00:03:23+00',
        ]),
      ],
      [
        '3',
        expect.arrayContaining([
          'row: line 2 is not in the table | C-4,scan,e-4,2021-03-01 00:03:24+00',
          'row: the table has a row of load 99, which has brought no rows to it | 2,C-4,scan,e-4,2021-03-01 00:03:24+00,1',
        ]),
      ],
    ]);
  });

  test('of which a load is held', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'usage_events.csv', EVENT(1), '2026-11-18');
    await load(workspace, 'usage_events.csv', `${EVENT(1)}${EVENT(2)}x,,,\ny,,,\nz,,,\n`, '2026-11-19');
    // Held, it is not archived; and it does not lie in the inbox either.
    const asked = { load: '2', file: join(workspace.folder, 'files/usage_events.csv') };
    expect(await verifyOne(workspace, asked)).toMatchObject({
      outcome: 'verified',
      counted: { rowsRead: 5, rowsLoaded: 2, rowsInvalid: 3, rowsRepeated: 1 },
    });
    await workspace.query("update tally_version.load_2 set event_type = 'print'");
    expect((await verifyOne(workspace, asked)).differences).toMatchObject([{ kind: 'row', line: 2 }]);
    expect((await workspace.tally(['load', '--accept-held', '2'])).code).toBe(0);
    expect((await verifyOne(workspace, asked)).differences).toMatchObject([{ kind: 'row', line: 2 }]);
  });

  test('without its table', async () => {
    const workspace = await appended();
    await workspace.query('drop table usage_events_agency_a cascade');
    expect(told((await verify(workspace))[0]!)).toEqual(['table: There is no table usage_events_agency_a.']);
  });
});

describe('upsert', () => {
  async function upserted(): Promise<Workspace> {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/stock.yaml',
      'title: Stock.\nfiles: [stock.csv]\nmode: upsert\nkey: id\ncolumns:\n  - { name: id, type: integer, required: true }\n  - { name: n, type: integer }\n',
    );
    await load(workspace, 'stock.csv', 'id,n\n1,1\n2,1\n3,1\n', '2026-11-18');
    await load(workspace, 'stock.csv', 'id,n\n2,2\n4,2\n4,5\n', '2026-11-20');
    // Of an earlier day: 2 and 4 stay as they are.
    await load(workspace, 'stock.csv', 'id,n\n1,3\n2,3\n4,3\n5,3\n', '2026-11-19');
    return workspace;
  }

  test('takes no row for a difference that another load has overwritten', async () => {
    const workspace = await upserted();
    expect(await workspace.query('select id, n, load_id::int as load from stock order by id')).toEqual([
      { id: 1, n: 3, load: 3 },
      { id: 2, n: 2, load: 2 },
      { id: 3, n: 1, load: 1 },
      { id: 4, n: 2, load: 2 },
      { id: 5, n: 3, load: 3 },
    ]);
    const done = await verify(workspace, { rowForRow: true });
    expect(done.map((each) => [each.loadId, each.outcome, told(each)])).toEqual([
      ['1', 'verified', []],
      ['2', 'verified', []],
      ['3', 'verified', []],
    ]);
  });

  test("finds what was changed, and what is called another load's", async () => {
    const workspace = await upserted();
    await workspace.query('update stock set n = 9 where id = 3');
    await workspace.query('update stock set load_id = 1 where id = 4');
    const done = await verify(workspace);
    expect(done.map((each) => [each.loadId, told(each)])).toEqual([
      ['1', expect.arrayContaining(['row: line 4: n: expected `1`, found `9` | 3,1'])],
      ['2', ['row: line 3 is not in the table | 4,2']],
      ['3', ['row: line 4 is not in the table | 4,3']],
    ]);
    expect(done[0]!.differenceCount).toBe(2);
  });
});
