import { describe, expect, test } from '@jest/globals';
import { createWorkspace } from '../setup/workspace.js';

const FILE = 'files/Customer Rating Agency A Inc.csv';
const ROWS =
  'customer_number,customer_rating,customer_rating_limit,customer_status\n1,2,100,new\n2,3,100,regular\n';
const SELECT = `-- history of customer_rating, a row for each agency, business_date: the best rating of the day.
select $2::text as agency, $3::date as business_date, max(customer_rating) as best, $1::bigint as load_id from next_version
`;

async function workspaceWith(text: string) {
  const workspace = await createWorkspace();
  workspace.write('sql/history/best_rating.sql', text);
  workspace.write(FILE, ROWS);
  return workspace;
}

describe("a history of a workspace's own", () => {
  test('is kept in the table that is named like its file', async () => {
    const workspace = await workspaceWith(SELECT);
    await workspace.query(
      'create table public.best_rating (agency text, business_date date, best integer, load_id bigint, primary key (agency, business_date))',
    );
    expect(await workspace.load(FILE)).toMatchObject({ outcome: 'loaded' });
    expect(await workspace.query('select agency, best from best_rating')).toEqual([
      { agency: 'agency_a', best: 3 },
    ]);
  });

  test.each([
    ['without a table', undefined, /best_rating.sql: relation "best_rating" does not exist/],
    [
      'with a table that has no such key',
      'create table public.best_rating (agency text, business_date date, best integer, load_id bigint)',
      /best_rating.sql: there is no unique .* matching the ON CONFLICT/,
    ],
  ])('%s says which table is expected; nothing is loaded', async (_, table, message) => {
    const workspace = await workspaceWith(SELECT);
    if (table) await workspace.query(table);
    const result = await workspace.load(FILE);
    expect(result).toMatchObject({
      outcome: 'failed',
      code: 'sql_invalid',
      message: expect.stringMatching(message),
      hint: 'Expected is a table best_rating (agency, business_date, best, load_id) with a unique key over (agency, business_date).',
    });
    expect(await workspace.query('select count(*)::int as rows from customer_rating')).toEqual([{ rows: 0 }]);
  });
});
