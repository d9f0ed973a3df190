import { describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

async function load(workspace: Workspace, file: string, content: string, date = '2026-11-20') {
  workspace.write(`files/${file}`, content);
  return workspace.load(`files/${file}`, { date });
}

const invalid = (workspace: Workspace) =>
  workspace.query(
    'select line_number::int as line, summary from file_invalid_rows order by load_id, line_number',
  );

describe('a key', () => {
  test('keeps the first occurrence in the order of the file, and names its line in the others', async () => {
    const workspace = await createWorkspace();
    const done = await load(
      workspace,
      'barcodes.csv',
      'barcode,order_id\nb1,7\n"b2",\nb1,8\n\nb2,9\nb1,\nb3,\nb4,\n',
    );
    expect(done).toMatchObject({ rowsRead: 7, rowsLoaded: 4, rowsInvalid: 3 });
    expect(
      await workspace.query(
        'select barcode, order_reference, line_number::int from barcodes order by 3 limit 2',
      ),
    ).toEqual([
      { barcode: 'b1', order_reference: '7', line_number: 2 },
      { barcode: 'b2', order_reference: null, line_number: 3 },
    ]);
    expect(await invalid(workspace)).toEqual([
      { line: 4, summary: 'barcode: expected each barcode once, got `b1` again, which stands on line 2' },
      { line: 6, summary: 'barcode: expected each barcode once, got `b2` again, which stands on line 3' },
      { line: 7, summary: 'barcode: expected each barcode once, got `b1` again, which stands on line 2' },
    ]);
  });

  test('is compared as its type says, and each group by itself', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/prices.yaml',
      'title: Prices.\nfiles: [prices.csv]\nmode: replace\nkey: id\nunique: [[name, size]]\ncolumns:\n' +
        '  - { name: id, type: integer, required: true }\n  - { name: name, type: text }\n  - { name: size, type: text }\n',
    );
    const done = await load(workspace, 'prices.csv', 'id,name,size\n7,a,x\n 007 ,b,x\n8,a,x\n9,,x\n10,,x\n');
    expect(done).toMatchObject({ rowsLoaded: 3, rowsInvalid: 2 });
    expect(await invalid(workspace)).toMatchObject([{ line: 3 }, { line: 4 }]);
  });

  test('holds for 200,000 rows of which every second repeats the one before', async () => {
    const workspace = await createWorkspace();
    let text = 'barcode,order_reference\n';
    for (let i = 0; i < 100_000; i++) text += `c${i},1\nc${i},2\n`;
    const done = await load(workspace, 'barcodes.csv', text);
    expect(done).toMatchObject({ rowsRead: 200_000, rowsLoaded: 100_000, rowsInvalid: 100_000 });
    expect(
      await workspace.query(
        "select count(*)::int as n, bool_and(line_number % 2 = 1) as every_second, bool_and(convert_from(raw, 'UTF8') like 'c%,2') as right from file_invalid_rows",
      ),
    ).toEqual([{ n: 100_000, every_second: true, right: true }]);
  });
});

describe('append', () => {
  const EVENT = 'C-1,scan,e-1,2021-03-01 00:03:21.74+00';

  test('counts an event that is delivered twice once, within a file and across files', async () => {
    const workspace = await createWorkspace();
    const first = await load(
      workspace,
      'usage_events.csv',
      `${EVENT},1\nC-2,scan,e-2,2021-03-01T10:00:00Z,5\n${EVENT},\n`,
      '2026-11-18',
    );
    expect(first).toMatchObject({ rowsRead: 3, rowsLoaded: 3, rowsInvalid: 0, rowsRepeated: 1 });
    const second = await load(
      workspace,
      'usage_events.csv',
      `${EVENT}\nC-3,scan,e-3,2021-03-02 00:00:00+00\n`,
      '2026-11-19',
    );
    expect(second).toMatchObject({ rowsLoaded: 2, rowsRepeated: 1 });
    expect(
      await workspace.query(
        'select event_id, quantity, load_id::int as load from usage_events order by event_id',
      ),
    ).toEqual([
      { event_id: 'e-1', quantity: 1, load: 1 },
      { event_id: 'e-2', quantity: 5, load: 1 },
      { event_id: 'e-3', quantity: 1, load: 2 },
    ]);
  });

  test('sets an event aside that comes again with other values, and names the one before', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'usage_events.csv', `${EVENT}\n`, '2026-11-18');
    const done = await load(
      workspace,
      'usage_events.csv',
      'C-9,scan,e-1,2021-03-01 00:03:21.74+00\nC-1,scan,e-4,2021-03-01 00:00:00+00\n',
      '2026-11-19',
    );
    expect(done).toMatchObject({ rowsLoaded: 1, rowsInvalid: 1 });
    expect(await invalid(workspace)).toEqual([
      {
        line: 1,
        summary:
          'event_id: expected the values that came with event_id `e-1` before (load 1, line 1), got others',
      },
    ]);
  });

  test('cannot be rolled back, and says so', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'usage_events.csv', `${EVENT}\n`);
    const done = await workspace.tally(['rollback', '--feed', 'usage_events', '--agency', 'agency_a']);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('rollback_unsupported');
  });
});

describe('upsert', () => {
  test('replaces by key, and an earlier business date never overwrites a later one', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/stock.yaml',
      'title: Stock.\nfiles: [stock.csv]\nmode: upsert\nkey: id\ncolumns:\n' +
        '  - { name: id, type: integer, required: true }\n  - { name: n, type: integer }\n',
    );
    await load(workspace, 'stock.csv', 'id,n\n1,10\n2,20\n', '2026-11-18');
    await load(workspace, 'stock.csv', 'id,n\n2,21\n3,30\n2,22\n', '2026-11-19');
    await load(workspace, 'stock.csv', 'id,n\n1,9\n2,9\n4,40\n', '2026-11-17');
    expect(await workspace.query('select id, n from stock order by id')).toEqual([
      { id: 1, n: 10 },
      { id: 2, n: 21 },
      { id: 3, n: 30 },
      { id: 4, n: 40 },
    ]);
    expect(await invalid(workspace)).toMatchObject([{ line: 4 }]);
  });
});
