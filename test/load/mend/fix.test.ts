import { describe, expect, test } from '@jest/globals';
import type { Workspace } from '../../setup/workspace.js';
import { createTolerant, dismiss, exported, fix, linesOf, verified, type SheetLine } from './mending.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const REPORT = 'output/Customer_Rating_Aggregate_Report_20261120.csv';

async function ratings(workspace: Workspace, rows: string, date = '2026-11-20') {
  workspace.write('files/customer_rating_agency_a.csv', HEADER + rows);
  return workspace.load('files/customer_rating_agency_a.csv', { date });
}

const live = (workspace: Workspace) =>
  workspace.query('select customer_number as n, customer_rating as r from customer_rating order by 1, 2');
const counts = async (workspace: Workspace, loadId: string | null) =>
  (
    await workspace.query(
      `select rows_read::int as read, rows_loaded::int as loaded, rows_invalid::int as invalid,
         rows_fixed::int as fixed, rows_dismissed::int as dismissed from tally.loads where load_id = $1`,
      [loadId],
    )
  )[0];
describe('rows that were corrected', () => {
  test('are loaded with an audit entry, the others come back, and counts, history and report follow', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\ny,8,10,high-value\n4,z,10,new\n');
    await workspace.run();
    expect(workspace.read(REPORT)).toContain('\nagency_a,1,5,0,3,75.00\n');

    const sheet = await exported(workspace, loadId);
    expect(sheet.map(({ line, customer_number: n, reasons }) => [line, n, reasons])).toEqual([
      ['3', 'x', 'customer_number: expected an integer, got `x`'],
      ['4', 'y', 'customer_number: expected an integer, got `y`'],
      ['5', '4', 'customer_rating: expected an integer, got `z`'],
    ]);
    sheet[0]!.customer_number = ' 002 ';
    sheet[1]!.customer_number = '3';
    const done = await fix(workspace, sheet.reverse());
    expect(done).toMatchObject({ rows: 3, fixed: 2, returned: 1, settled: 0, open: 1, errors: [] });
    expect(done.back).toMatchObject([
      { line: '5', reasons: 'customer_rating: expected an integer, got `z`' },
    ]);

    expect(await live(workspace)).toEqual([
      { n: 1, r: 5 },
      { n: 2, r: 7 },
      { n: 3, r: 8 },
    ]);
    expect(await counts(workspace, loadId)).toEqual({
      read: 4,
      loaded: 1,
      invalid: 3,
      fixed: 2,
      dismissed: 0,
    });
    expect(
      await workspace.query('select line_number::int as line, status from file_invalid_rows order by 1'),
    ).toEqual([
      { line: 3, status: 'fixed' },
      { line: 4, status: 'fixed' },
      { line: 5, status: 'open' },
    ]);
    expect(
      await workspace.query(
        'select line_number::int as line, action, corrected_by as by, corrected_at as at, before, after from tally.corrections order by 1 limit 1',
      ),
    ).toEqual([
      {
        line: 3,
        action: 'fixed',
        by: 'anna',
        at: workspace.now,
        before: 'x,7,10,new',
        after: { customer_number: 2, customer_rating: 7, customer_rating_limit: 10, customer_status: 'new' },
      },
    ]);
    expect(workspace.read(REPORT)).toContain('\nagency_a,3,20,1,1,25.00\n');
    expect(
      await workspace.query(
        'select line_number::int as line from (select example_line as line_number from invalid_summary) as it',
      ),
    ).toEqual([{ line: 5 }]);
    expect(await verified(workspace)).toEqual([]);
  });

  test('are no tampering, and what is done to them afterwards is', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\n');
    const [row] = await exported(workspace, loadId);
    await fix(workspace, [{ ...row!, customer_number: '2' }]);
    expect(await verified(workspace)).toEqual([]);
    await workspace.query('update customer_rating set customer_rating = 70 where customer_number = 2');
    expect(await verified(workspace)).toEqual(['line 3: customer_rating: expected `7`, found `70`']);
    await workspace.query('update customer_rating set customer_rating = 7 where customer_number = 2');
    await workspace.query("update file_invalid_rows set status = 'dismissed'");
    expect(await verified(workspace)).toEqual([
      'the ledger counts 0 rows as dismissed; in file_invalid_rows they are 1, and in the audit entries 0',
      'the ledger counts 1 rows as fixed; in file_invalid_rows they are 0, and in the audit entries 1',
    ]);
  });

  test('twice change nothing more, and with other values they are told', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\ny,8,10,new\n');
    const [first, second] = await exported(workspace, loadId);
    const corrected = { ...first!, customer_number: '2' };
    expect(await fix(workspace, [corrected])).toMatchObject({ fixed: 1 });
    const before = await workspace.query('select * from tally.corrections');
    expect(await fix(workspace, [corrected], { by: 'ben' })).toMatchObject({
      fixed: 0,
      settled: 1,
      returned: 0,
    });
    const other = await fix(
      workspace,
      [
        { ...first!, customer_number: '9' },
        { ...second!, customer_number: '3' },
      ],
      {
        by: 'ben',
      },
    );
    expect(other).toMatchObject({ fixed: 1, settled: 0, returned: 1 });
    expect(other.back).toMatchObject([
      {
        customer_number: '9',
        reasons: 'was fixed before, by anna at 2026-11-20 12:00 UTC; nothing was changed',
      },
    ]);
    expect((await workspace.query('select * from tally.corrections order by line_number'))[0]).toEqual(
      before[0],
    );
    expect(await live(workspace)).toMatchObject([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('of a load that is not live any more are refused, and a new delivery supersedes them', async () => {
    const workspace = await createTolerant();
    const old = await ratings(workspace, '1,5,10,new\nx,7,10,new\n', '2026-11-18');
    const sheet = await exported(workspace, old.loadId);
    await fix(workspace, [{ ...sheet[0]!, customer_number: '2' }]);
    const next = await ratings(workspace, '1,6,10,new\ny,7,10,new\n', '2026-11-19');
    expect(await live(workspace)).toEqual([{ n: 1, r: 6 }]);
    await expect(fix(workspace, sheet)).rejects.toMatchObject({
      code: 'not_correctable',
      message: expect.stringContaining(`is superseded: readers see load ${next.loadId}`),
    });
    const past = await ratings(workspace, 'z,1,1,new\n3,3,3,new\n', '2026-11-10');
    await expect(fix(workspace, await exported(workspace, past.loadId))).rejects.toMatchObject({
      message: expect.stringContaining('past business date'),
    });

    await workspace.tally(['rollback', '--feed', 'customer_rating', '--agency', 'agency_a']);
    expect(await live(workspace)).toMatchObject([{ n: 1, r: 5 }, { n: 2 }]);
    await expect(fix(workspace, await exported(workspace, next.loadId))).rejects.toMatchObject({
      message: expect.stringContaining('was rolled back'),
    });
    expect(
      await workspace.query(
        'select count_customer_number::int as n, invalid_customer_number_count::int as i from rating_history order by business_date desc limit 1',
      ),
    ).toEqual([{ n: 2, i: 0 }]);
    expect(await verified(workspace)).toEqual([]);
  });

  test('of a load that is held go into its version, and count when it is accepted', async () => {
    const workspace = await createTolerant();
    workspace.write(
      'feeds/customer_rating.yaml',
      workspace.read('feeds/customer_rating.yaml').replace(/^guards:.*$/m, ''),
    );
    const held = await ratings(workspace, '1,5,10,new\nx,7,10,new\ny,8,10,new\n');
    expect(held.outcome).toBe('held');
    const [row] = await exported(workspace, held.loadId);
    expect(await fix(workspace, [{ ...row!, customer_number: '2' }])).toMatchObject({ fixed: 1, open: 1 });
    expect(await live(workspace)).toEqual([]);
    const file = 'files/customer_rating_agency_a.csv';
    expect(await verified(workspace, { load: held.loadId!, file })).toEqual([]);
    await workspace.tally(['load', '--accept-held', held.loadId!]);
    expect(await live(workspace)).toMatchObject([{ n: 1 }, { n: 2 }]);
    expect(await workspace.query('select count_customer_number::int as n from rating_history')).toEqual([
      { n: 2 },
    ]);
  });

  test('change the history of later days too that had the same content', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\n', '2026-11-18');
    expect(await ratings(workspace, '1,5,10,new\nx,7,10,new\n', '2026-11-19')).toMatchObject({
      outcome: 'unchanged',
    });
    const [row] = await exported(workspace, loadId);
    await fix(workspace, [{ ...row!, customer_number: '2' }]);
    expect(
      await workspace.query(
        'select business_date::text as day, count_customer_number::int as n, invalid_customer_number_count::int as i from rating_history order by 1',
      ),
    ).toEqual([
      { day: '2026-11-18', n: 2, i: 0 },
      { day: '2026-11-19', n: 2, i: 0 },
    ]);
    expect(workspace.list('output').filter((name) => name.endsWith('.csv'))).toEqual(
      expect.arrayContaining([
        'Customer_Rating_Aggregate_Report_20261118.csv',
        'Customer_Rating_Aggregate_Report_20261119.csv',
      ]),
    );
  });

  test('that are many, in a table of their own, are corrected like few', async () => {
    const workspace = await createTolerant();
    let rows = '';
    for (let i = 0; i < 30_000; i++) rows += `${i % 2 ? 'x' : ''}${i},7,100,regular and more\n`;
    const { loadId } = await ratings(workspace, rows);
    const sheet = await exported(workspace, loadId);
    expect(sheet).toHaveLength(15_000);
    const corrected = sheet.map((row) => ({ ...row, customer_number: row.customer_number!.slice(1) }));
    expect(await fix(workspace, corrected)).toMatchObject({ fixed: 15_000, returned: 0, open: 0 });
    expect(
      await workspace.query(
        'select count(*)::int as n, count(distinct customer_number)::int as d from customer_rating',
      ),
    ).toEqual([{ n: 30_000, d: 30_000 }]);
    expect(await verified(workspace)).toEqual([]);
  });
});

describe('a sheet that comes back', () => {
  test('may have other delimiters, no mark, other line ends, fewer rows and another order', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,"a;b"\ny,8,10,new\n');
    const [first] = await exported(workspace, loadId);
    const text = `customer_status;customer_rating;STAMP;customer_number;customer_rating_limit;comment\n"a;b";7;${first!.stamp};2;10;mine\n`;
    expect(await fix(workspace, text)).toMatchObject({ fixed: 1, returned: 0 });
    const [second] = await exported(workspace, loadId);
    const utf16 = `\ufeffstamp\tcustomer_number\tcustomer_rating\tcustomer_rating_limit\tcustomer_status\r\n${second!.stamp}\t3\t8\t10\tnéw\r\n`;
    expect(await fix(workspace, Buffer.from(utf16, 'utf16le'))).toMatchObject({ fixed: 1, open: 0 });
    expect(
      await workspace.query('select customer_status as s from customer_rating order by customer_number'),
    ).toEqual([{ s: 'new' }, { s: 'a;b' }, { s: 'néw' }]);
  });

  test('is refused as a whole if it is none, or of several loads', async () => {
    const workspace = await createTolerant();
    const one = await ratings(workspace, '1,5,10,new\nx,7,10,new\n', '2026-11-18');
    const [first] = await exported(workspace, one.loadId);
    const two = await ratings(workspace, '1,5,10,new\ny,7,10,new\n', '2026-11-19');
    const [second] = await exported(workspace, two.loadId);
    const refused = async (content: Parameters<typeof fix>[1]) => {
      const error = await fix(workspace, content).catch((caught: unknown) => caught as Error);
      return 'message' in error ? error.message : 'taken';
    };
    expect(await refused(HEADER + '1,1,1,new\n')).toContain('The first line has no column stamp');
    expect(await refused([first!, second!])).toContain('rows of several loads (');
    const { customer_rating: _, ...without } = second!;
    expect(await refused([without])).toContain('It lacks the column customer_rating.');
    expect(await refused('')).toContain('no sheet');
    expect(await refused('stamp,stamp,line\nr1-2-00000000,,\n')).toContain('twice');
    expect(await fix(workspace, [{ ...second!, stamp: '' }])).toMatchObject({ loadId: null, fixed: 0 });
  });

  test('gives back what it cannot tell: unknown stamps, rows twice, broken rows, no values', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\n2,3\nw,7,10,new\n');
    const sheet = await exported(workspace, loadId);
    expect(sheet[1]).toMatchObject({ customer_number: '', raw: '2,3' });
    const good: SheetLine = { ...sheet[0]!, customer_number: '7' };
    const foreign = { ...good, stamp: good.stamp!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) };
    const done = await fix(workspace, [good, { ...good, customer_number: '8' }, foreign, sheet[1]!]);
    expect(done).toMatchObject({ fixed: 1, returned: 3 });
    expect(done.back.map(({ reasons }) => reasons)).toEqual([
      'expected each row once in the sheet, got it again',
      `expected the stamp of an invalid row of load ${loadId} as it was exported, got \`${foreign.stamp}\``,
      'expected values in the columns, got none: the row as it was delivered stands in `raw`',
    ]);
    expect(done.back[2]).toMatchObject({ raw: '2,3' });
    const header = Object.keys(good).join(',');
    const broken = `${header}\r\n${sheet[2]!.stamp},5,,1,2,3,new,,too,many\r\n${sheet[1]!.stamp},4,,1,2,3,b\xe9,\r\n`;
    const other = await fix(workspace, Buffer.from(broken, 'latin1'));
    expect(other.back.map(({ reasons }) => reasons)).toEqual([
      'line 2 of the sheet: expected 8 fields, got 10',
      expect.stringContaining('line 3 of the sheet: expected utf-8, got bytes that are not: `b\\xe9`'),
    ]);
  });

  test('undoes what guarded it against formulas, and does not take shown bytes for a text', async () => {
    const workspace = await createTolerant();
    workspace.write(
      'files/customer_rating_agency_a.csv',
      Buffer.from(`${HEADER}1,5,10,new\nx,7,10,=1+1\n3,7,10,b\xe9\n`, 'latin1'),
    );
    const { loadId } = await workspace.load('files/customer_rating_agency_a.csv', { date: '2026-11-20' });
    const sheet = await exported(workspace, loadId);
    expect(sheet.map((row) => row.customer_status)).toEqual(["'=1+1", 'b\\xe9']);
    sheet[0]!.customer_number = '2';
    const done = await fix(workspace, sheet);
    expect(done).toMatchObject({ fixed: 1, returned: 1 });
    expect(done.back[0]!.reasons).toContain('expected utf-8, got bytes that are not: `b\\xe9`');
    expect(await fix(workspace, [{ ...sheet[1]!, customer_status: 'bé' }])).toMatchObject({ fixed: 1 });
    expect(
      await workspace.query('select customer_status as s from customer_rating order by customer_number'),
    ).toEqual([{ s: 'new' }, { s: '=1+1' }, { s: 'bé' }]);
  });

  test('is not written over, and neither is what came back before', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\n');
    const sheet = await exported(workspace, loadId);
    expect(await fix(workspace, sheet)).toMatchObject({ returned: 1 });
    await expect(fix(workspace, sheet, { force: false })).rejects.toMatchObject({ code: 'file_exists' });
    expect(linesOf(workspace.read('sheet.back.csv'))).toHaveLength(1);
    expect(workspace.list('.').filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test('an audit that would hold the load refuses the sheet, unless it is forced', async () => {
  const workspace = await createTolerant();
  workspace.write(
    'sql/audits/no_seven.sql',
    '-- audit of customer_rating, hold: the customer 7\nselect customer_number from next_version where customer_number = 7\n',
  );
  const { loadId } = await ratings(workspace, '1,5,10,new\nx,7,10,new\n');
  const [row] = await exported(workspace, loadId);
  const seven = [{ ...row!, customer_number: '7' }];
  await expect(fix(workspace, seven, { force: false })).rejects.toMatchObject({ code: 'correction_held' });
  expect(await live(workspace)).toHaveLength(1);
  expect(await counts(workspace, loadId)).toMatchObject({ fixed: 0 });
  expect(await fix(workspace, seven)).toMatchObject({ fixed: 1 });
});

describe('rows that are dismissed', () => {
  test('are noted with who and why, stay counted as invalid, and are told if they come back', async () => {
    const workspace = await createTolerant();
    const { loadId } = await ratings(
      workspace,
      '1,5,10,new\nx,7,10,new\ny,z,10,new\n4,w,10,new\n5,5,5,new\n6,6,6,new\n',
    );
    const sheet = await exported(workspace, loadId);
    expect(await dismiss(workspace, { loadId: loadId!, lines: [3] })).toMatchObject({
      dismissed: 1,
      open: 2,
    });
    expect(await dismiss(workspace, { loadId: loadId!, lines: [3] })).toMatchObject({
      dismissed: 0,
      settled: [{ line: 3, status: 'dismissed' }],
    });
    expect(
      await dismiss(workspace, { loadId: loadId!, column: 'customer_number', reason: '`y`' }),
    ).toMatchObject({
      dismissed: 1,
      open: 1,
    });
    await expect(dismiss(workspace, { loadId: loadId!, lines: [2] })).rejects.toMatchObject({
      code: 'usage',
    });
    expect(
      await workspace.query('select corrected_by as by, why, after from tally.corrections limit 1'),
    ).toEqual([{ by: 'ben', why: 'nobody knows', after: null }]);
    expect(await counts(workspace, loadId)).toMatchObject({ invalid: 3, fixed: 0, dismissed: 2 });
    expect(await exported(workspace, loadId)).toHaveLength(1);
    const done = await fix(workspace, [{ ...sheet[0]!, customer_number: '2' }]);
    expect(done.back[0]!.reasons).toBe(
      'was dismissed before, by ben at 2026-11-20 12:00 UTC; nothing was changed',
    );
    expect(await verified(workspace)).toEqual([]);
    expect(
      await workspace.query('select invalid_customer_number_count::int as n from rating_aggregate'),
    ).toEqual([{ n: 3 }]);
  });
});
