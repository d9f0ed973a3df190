import { describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const FILE = 'Customer Rating Agency A Inc.csv';

/** A rating file with the customers from..to, all rated with the same number. */
function ratings(from: number, to: number, rating = 1): string {
  let text = HEADER;
  for (let number = from; number <= to; number++) text += `${number},${rating},100,regular\n`;
  return text;
}

async function load(workspace: Workspace, content: string, date?: string) {
  workspace.write(`files/${FILE}`, content);
  return workspace.load(`files/${FILE}`, date === undefined ? {} : { date });
}

const live = (workspace: Workspace) =>
  workspace.query(
    'select count(*)::int as rows, max(customer_rating) as rating from customer_rating_agency_a',
  );

describe('a replacement', () => {
  test('leaves name, identity, views and grants of the table as they are', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10, 1), '2026-11-18');
    await workspace.query(
      'create view mine as select sum(customer_rating) as sum from customer_rating_agency_a',
    );
    const identity = () => workspace.query("select 'customer_rating_agency_a'::regclass::oid as oid");
    const before = await identity();
    await load(workspace, ratings(1, 10, 7), '2026-11-19');
    expect(await identity()).toEqual(before);
    expect(await workspace.query('select sum::int from mine')).toEqual([{ sum: 70 }]);
    expect(await workspace.query('select distinct agency from customer_rating')).toEqual([
      { agency: 'agency_a' },
    ]);
  });

  test('keeps the rows before when the file is refused, and says why in the ledger', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10), '2026-11-18');
    const refused = await load(workspace, 'customer_number,rating\n1,2\n', '2026-11-19');
    expect(refused).toMatchObject({ outcome: 'failed', code: 'header_missing_column' });
    expect(await live(workspace)).toEqual([{ rows: 10, rating: 1 }]);
    expect(await workspace.query('select outcome, code from tally.loads order by load_id')).toEqual([
      { outcome: 'loaded', code: null },
      { outcome: 'failed', code: 'header_missing_column' },
    ]);
    expect(
      await workspace.query("select count(*)::int as n from pg_tables where schemaname = 'tally_version'"),
    ).toEqual([{ n: 1 }]);
  });

  test('of the same content for the same day is skipped, for a later day it is unchanged', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10), '2026-11-18');
    expect(await load(workspace, ratings(1, 10), '2026-11-18')).toMatchObject({
      outcome: 'skipped',
      code: 'known',
    });
    expect(await load(workspace, ratings(1, 10), '2026-11-19')).toMatchObject({ outcome: 'unchanged' });
    expect(
      await workspace.query(
        'select business_date::text, load_id::int, count_customer_number::int as n from rating_history order by 1',
      ),
    ).toEqual([
      { business_date: '2026-11-18', load_id: 1, n: 10 },
      { business_date: '2026-11-19', load_id: 1, n: 10 },
    ]);
  });

  test('of a past day gives its history and report, and never makes the present older', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10, 5), '2026-11-19');
    const past = await load(workspace, ratings(1, 8, 3), '2026-11-10');
    expect(past).toMatchObject({ outcome: 'loaded', live: false, code: 'past_date', rowsLoaded: 8 });
    expect(await live(workspace)).toEqual([{ rows: 10, rating: 5 }]);
    expect(workspace.read('output/Customer_Rating_Aggregate_Report_20261110.csv')).toContain(
      'agency_a,8,24,0,0,0.00',
    );
    expect(workspace.read('output/Customer_Rating_Aggregate_Report_20261120.csv')).toContain(
      'agency_a,10,50,0,0,0.00',
    );
  });

  test('of the same day with another content takes the place of the first', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10, 5), '2026-11-19');
    await load(workspace, ratings(1, 11, 6), '2026-11-19');
    expect(await live(workspace)).toEqual([{ rows: 11, rating: 6 }]);
    expect(await workspace.query('select count_customer_number::int as n from rating_history')).toEqual([
      { n: 11 },
    ]);
  });
});

describe('the ledger', () => {
  test('refuses a load whose rows have no fate', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10));
    await expect(workspace.query('update tally.loads set rows_loaded = rows_loaded - 1')).rejects.toThrow(
      'every_row_has_a_fate',
    );
  });

  test('has the invalid rows byte for byte, with every reason', async () => {
    const workspace = await createWorkspace();
    const bad = Buffer.concat([Buffer.from('x,,100,'), Buffer.from([0xff, 0x00, 0x41])]);
    const content = Buffer.concat([
      Buffer.from(`${HEADER}\r\n1,2,3,new\r\n`),
      bad,
      Buffer.from('\r\n2,2,3,new\r\n'),
    ]);
    workspace.write(`inbox/${FILE}`, content);
    const [done] = (await workspace.run()).loads;
    expect(done).toMatchObject({ rowsRead: 3, rowsLoaded: 2, rowsInvalid: 1 });
    const [row] = await workspace.query<{
      raw: Buffer;
      line_number: string;
      reasons: object[];
      summary: string;
    }>('select raw, line_number, reasons, summary, table_name, file_name, status from file_invalid_rows');
    expect(row).toMatchObject({
      line_number: '4',
      table_name: 'customer_rating_agency_a',
      file_name: FILE,
      status: 'open',
    });
    expect(row!.raw.equals(bad)).toBe(true);
    expect(row!.reasons).toMatchObject([
      { column: 'customer_number', rule: 'type', value: 'x' },
      { column: 'customer_rating', rule: 'required', value: null },
      { column: 'customer_status', rule: 'encoding' },
    ]);
    expect(row!.summary).toContain('customer_rating: expected a value, got none');
  });
});

describe('a guard', () => {
  test.each([
    ['half of the rows invalid is still allowed', 5, 5, 'loaded'],
    ['more than half is held', 4, 5, 'held'],
  ])('%s', async (_, valid, invalid, outcome) => {
    const workspace = await createWorkspace();
    const done = await load(workspace, ratings(1, valid) + 'x,1,1,new\n'.repeat(invalid));
    expect(done.outcome).toBe(outcome);
  });

  test.each([
    ['a fifth of the rows before is still allowed', 20, 'loaded', null],
    ['less is held', 19, 'held', 'guard_min_rows'],
    ['no row at all is held', 0, 'held', 'guard_empty'],
  ])('%s', async (_, rows, outcome, code) => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 100), '2026-11-18');
    expect(await load(workspace, ratings(1, rows, 2), '2026-11-19')).toMatchObject({ outcome, code });
    expect(await live(workspace)).toEqual([
      outcome === 'held' ? { rows: 100, rating: 1 } : { rows, rating: 2 },
    ]);
  });

  test('never holds the first load of a header without rows: it gives zeros in the report', async () => {
    const workspace = await createWorkspace();
    expect(await load(workspace, HEADER)).toMatchObject({ outcome: 'loaded', rowsRead: 0 });
    expect(workspace.read('output/Customer_Rating_Aggregate_Report_20261120.csv')).toContain(
      'agency_a,0,0,0,0,0.00\n',
    );
  });
});

describe('a held load', () => {
  async function held() {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 100), '2026-11-18');
    const { loadId } = await load(workspace, ratings(1, 10, 9), '2026-11-19');
    return { workspace, loadId: loadId! };
  }

  test('is published by accepting it, with its history and report', async () => {
    const { workspace, loadId } = await held();
    const done = await workspace.tally(['load', '--accept-held', loadId, '--json']);
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.stdout)).toMatchObject([
      { load_id: Number(loadId), outcome: 'loaded', rows_loaded: 10, live: true },
    ]);
    expect(await live(workspace)).toEqual([{ rows: 10, rating: 9 }]);
    expect(
      await workspace.query(
        'select sum_customer_rating::int as sum from rating_history order by business_date',
      ),
    ).toEqual([{ sum: 100 }, { sum: 90 }]);
    expect((await workspace.tally(['load', '--accept-held', loadId])).code).toBe(2);
  });

  test('is not tried again by itself, and is overtaken by a later load', async () => {
    const { workspace, loadId } = await held();
    expect(await load(workspace, ratings(1, 10, 9), '2026-11-19')).toMatchObject({
      outcome: 'skipped',
      code: 'still_held',
    });
    await load(workspace, ratings(1, 90, 4), '2026-11-20');
    const late = await workspace.tally(['load', '--accept-held', loadId]);
    expect(late.code).toBe(2);
    expect(late.stderr).toContain('overtaken');
    expect(await live(workspace)).toEqual([{ rows: 90, rating: 4 }]);
  });

  test('by an audit says which rows it found', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'sql/audits/ratings_below_their_limit.sql',
      '-- audit of customer_rating, hold: ratings above their limit\nselect customer_number from next_version where customer_rating > customer_rating_limit\n',
    );
    await load(workspace, ratings(1, 3, 5), '2026-11-18');
    const done = await load(workspace, `${HEADER}1,2,3,new\n8,101,100,new\n`, '2026-11-19');
    expect(done).toMatchObject({ outcome: 'held', code: 'audit' });
    expect(done.message).toContain('"customer_number": 8');
    expect(await live(workspace)).toEqual([{ rows: 3, rating: 5 }]);
  });
});

test('an audit that is wrong is told with file and line, and fails the load', async () => {
  const workspace = await createWorkspace();
  workspace.write(
    'sql/audits/wrong.sql',
    '-- audit of customer_rating, warn: nothing\nselect *\nfrom next_version\nwhere nothing\n',
  );
  const done = await load(workspace, ratings(1, 3));
  expect(done).toMatchObject({ outcome: 'failed', code: 'sql_invalid' });
  expect(done.message).toMatch(/wrong\.sql:4: column "nothing" does not exist/);
});

describe('rollback', () => {
  test('puts rows, ledger and history of the version before back, and the file is not loaded again by itself', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(1, 10, 1), '2026-11-18');
    await load(workspace, ratings(1, 12, 2), '2026-11-19');
    const args = ['rollback', '--feed', 'customer_rating', '--agency', 'agency_a'];
    expect((await workspace.tally(args)).code).toBe(0);
    expect(await live(workspace)).toEqual([{ rows: 10, rating: 1 }]);
    expect(await workspace.query('select business_date::text from rating_history')).toEqual([
      { business_date: '2026-11-18' },
    ]);
    expect(await load(workspace, ratings(1, 12, 2), '2026-11-19')).toMatchObject({
      outcome: 'skipped',
      code: 'rolled_back',
    });
    const again = await workspace.tally(args);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('no_previous_version');
  });

  test('keeps as many versions as the setting says', async () => {
    const workspace = await createWorkspace();
    for (const day of [15, 16, 17, 18]) await load(workspace, ratings(1, day), `2026-11-${day}`);
    const versions = () =>
      workspace.query("select count(*)::int as n from pg_tables where schemaname = 'tally_version'");
    expect(await versions()).toEqual([{ n: 2 }]);
  });
});
