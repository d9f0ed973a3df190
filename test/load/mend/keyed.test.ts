import { describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';
import { exported, fix, verified } from './mending.js';

async function load(workspace: Workspace, file: string, content: string, date: string) {
  workspace.write(`files/${file}`, content);
  return workspace.load(`files/${file}`, { date, feed: file.replace(/\.csv$/, ''), agency: 'agency_a' });
}

describe('a corrected row whose key exists', () => {
  test('comes back with the line of the first, whether that was delivered or corrected', async () => {
    const workspace = await createWorkspace();
    const long = 'x'.repeat(65);
    const { loadId } = await load(
      workspace,
      'barcodes.csv',
      `barcode,order_id\nb1,7\nb1,8\nb2,9\n${long},1\n${long},2\nb3,3\n`,
      '2026-11-20',
    );
    const sheet = await exported(workspace, loadId);
    expect(sheet.map(({ line }) => line)).toEqual(['3', '5', '6']);
    sheet[1]!.barcode = 'b4';
    sheet[2]!.barcode = 'b4';
    const done = await fix(workspace, sheet.reverse());
    expect(done).toMatchObject({ fixed: 1, returned: 2 });
    expect(done.back.map(({ line, reasons }) => [line, reasons])).toEqual([
      ['6', 'barcode: expected each barcode once, got `b4` again, which stands on line 5'],
      ['3', 'barcode: expected each barcode once, got `b1` again, which stands on line 2'],
    ]);
    const again = await fix(workspace, [{ ...done.back[0]!, barcode: 'b5' }]);
    expect(again).toMatchObject({ fixed: 1, open: 1 });
    expect(
      await workspace.query('select barcode, line_number::int as line from barcodes order by 2'),
    ).toEqual([
      { barcode: 'b1', line: 2 },
      { barcode: 'b2', line: 4 },
      { barcode: 'b4', line: 5 },
      { barcode: 'b5', line: 6 },
      { barcode: 'b3', line: 7 },
    ]);
    expect(await verified(workspace)).toEqual([]);
  });
});

describe('append', () => {
  const event = (id: string, customer: string, day: string) =>
    `${customer},scan,${id},${day} 00:03:21.74+00,1\n`;
  const HEADER = 'customer_id,event_type,event_id,event_date,quantity\n';

  test('takes corrected rows of any load, and an event counts once, whichever way it came', async () => {
    const workspace = await createWorkspace();
    const first = await load(
      workspace,
      'usage_events.csv',
      HEADER +
        event('e1', 'C1', '2021-03-01') +
        event('e2', 'C1', 'x') +
        event('e3', 'C1', 'x') +
        event('e4', 'C1', '2021-03-01'),
      '2026-11-18',
    );
    await load(
      workspace,
      'usage_events.csv',
      HEADER + event('e2', 'C1', '2021-03-02') + event('e3', 'C2', '2021-03-02'),
      '2026-11-19',
    );
    const sheet = await exported(workspace, first.loadId);
    for (const row of sheet) row.event_date = '2021-03-02T00:03:21.74Z';
    const done = await fix(workspace, sheet);
    expect(done).toMatchObject({ fixed: 1, repeated: 1, returned: 1 });
    expect(done.back[0]!.reasons).toBe(
      'event_id: expected the values that came with event_id `e3` before (load 2, line 3), got others',
    );
    const again = await fix(workspace, [{ ...done.back[0]!, event_id: 'e5' }]);
    expect(again).toMatchObject({ fixed: 1, repeated: 0, open: 0 });
    expect(
      await workspace.query(
        'select event_id as id, load_id::int as load, line_number::int as line from usage_events order by 1',
      ),
    ).toEqual([
      { id: 'e1', load: 1, line: 2 },
      { id: 'e2', load: 2, line: 2 },
      { id: 'e3', load: 2, line: 3 },
      { id: 'e4', load: 1, line: 5 },
      { id: 'e5', load: 1, line: 4 },
    ]);
    // The file comes again for another day: what was corrected is as it was, and the rest is known.
    const third = await load(
      workspace,
      'usage_events.csv',
      HEADER + event('e5', 'C1', '2021-03-02'),
      '2026-11-20',
    );
    expect(third).toMatchObject({ rowsLoaded: 1, rowsRepeated: 1 });
    expect(await verified(workspace)).toEqual([]);
  });

  test('and while a load is held they wait with it', async () => {
    const workspace = await createWorkspace();
    const held = await load(
      workspace,
      'usage_events.csv',
      HEADER + event('e1', 'C1', '2021-03-01') + event('e2', 'C1', 'x') + event('e3', 'C1', 'x'),
      '2026-11-18',
    );
    expect(held.outcome).toBe('held');
    const sheet = await exported(workspace, held.loadId);
    expect(await fix(workspace, [{ ...sheet[0]!, event_date: '2021-03-01' }])).toMatchObject({ fixed: 1 });
    expect(await workspace.query('select event_id from usage_events')).toEqual([]);
    await workspace.tally(['load', '--accept-held', held.loadId!]);
    expect(await fix(workspace, [{ ...sheet[1]!, event_date: '2021-03-01' }])).toMatchObject({ fixed: 1 });
    expect(await workspace.query('select event_id as id from usage_events order by 1')).toEqual([
      { id: 'e1' },
      { id: 'e2' },
      { id: 'e3' },
    ]);
  });
});

test('upsert: a corrected row overwrites what its load would have overwritten, and nothing later', async () => {
  const workspace = await createWorkspace();
  workspace.write(
    'feeds/stock.yaml',
    'title: Stock.\nfiles: [stock.csv]\nmode: upsert\nkey: id\nguards: { max_invalid_percent: 100 }\ncolumns:\n' +
      '  - { name: id, type: integer, required: true }\n  - { name: n, type: integer }\n',
  );
  await load(workspace, 'stock.csv', 'id,n\n1,10\n2,20\n3,30\n', '2026-11-17');
  const middle = await load(workspace, 'stock.csv', 'id,n\n1,x\n2,x\n4,x\n5,50\n', '2026-11-18');
  await load(workspace, 'stock.csv', 'id,n\n2,22\n', '2026-11-19');
  await load(workspace, 'stock.csv', 'id,n\n4,40\n', '2026-11-16');
  const sheet = await exported(workspace, middle.loadId);
  const done = await fix(workspace, [...sheet.map((row) => ({ ...row, n: '99' }))]);
  expect(done).toMatchObject({ fixed: 2, returned: 1 });
  expect(done.back).toMatchObject([
    {
      line: '3',
      reasons: 'id: expected a key that no later load has brought, got id `2`, which came with load 3',
    },
  ]);
  const again = await fix(workspace, [{ ...done.back[0]!, id: '5' }]);
  expect(again.back[0]!.reasons).toBe('id: expected each id once, got `5` again, which stands on line 5');
  expect(await workspace.query('select id, n, load_id::int as load from stock order by 1')).toEqual([
    { id: 1, n: 99, load: 2 },
    { id: 2, n: 22, load: 3 },
    { id: 3, n: 30, load: 1 },
    { id: 4, n: 99, load: 2 },
    { id: 5, n: 50, load: 2 },
  ]);
  expect(await verified(workspace)).toEqual([]);
});

test('values of every type come back as they were meant, and defaults and words for null count', async () => {
  const workspace = await createWorkspace();
  workspace.write(
    'feeds/things.yaml',
    `title: Things.
files: [things.csv]
mode: replace
delimiter: '|'
quote: "'"
encoding: latin1
nulls: ['NULL']
guards: { max_invalid_percent: 100 }
columns:
  - { name: id, type: integer, required: true }
  - { name: line, type: text }
  - { name: price, type: 'numeric(30,10)' }
  - { name: at, type: timestamp, formats: [DD.MM.YYYY, iso] }
  - { name: day, type: date }
  - { name: info, type: json }
  - { name: ok, type: boolean }
  - { name: kind, type: text, default: usual }
`,
  );
  const { loadId } = await load(
    workspace,
    'things.csv',
    'id|line|unknown|price|at|day|info|ok\nx|\'a|b\x27\x27c\'|u|12345678901234567890.1234567890|03.02.2026|2026-02-03|{"a": [1.50]}|yes\nx||u|NULL||||\n',
    '2026-11-20',
  );
  const sheet = await exported(workspace, loadId);
  expect(sheet[0]).toMatchObject({ _line: '2', kind: '' });
  const done = await fix(
    workspace,
    sheet.map((row, i) => ({ ...row, id: String(i + 1), line: 'a|b\n"c" €' })),
  );
  expect(done).toMatchObject({ fixed: 2, returned: 0 });
  expect(
    await workspace.query(
      'select id, line, price::text, at::text, day::text, info::text, ok, kind from things order by id',
    ),
  ).toEqual([
    {
      id: 1,
      line: 'a|b\n"c" €',
      price: '12345678901234567890.1234567890',
      at: '2026-02-03 00:00:00+00',
      day: '2026-02-03',
      info: '{"a": [1.50]}',
      ok: true,
      kind: 'usual',
    },
    { id: 2, line: 'a|b\n"c" €', price: null, at: null, day: null, info: null, ok: null, kind: 'usual' },
  ]);
  expect(await verified(workspace)).toEqual([]);
});
