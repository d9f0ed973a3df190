import { expect, test } from '@jest/globals';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { killWaitingFor } from './waiting.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const TITLES =
  'customer,count_customer_number,sum_customer_rating,high_value_count,invalid_customer_number_count,invalid_customer_number_percent\n';
const DAYS = Array.from({ length: 10 }, (_, i) => i + 1);
/** Nothing came on these. */
const HOLES = [4, 7];
const iso = (day: number) => `2026-11-${String(day).padStart(2, '0')}`;
const reportOf = (day: number) =>
  `output/Customer_Rating_Aggregate_Report_${iso(day).replaceAll('-', '')}.csv`;
const BACKFILL = ['backfill', 'customer_rating', '--from', iso(1), '--to', iso(10)];

interface Dates {
  resumes: string | null;
  dates: { date: string; outcome: string; live: boolean; done_before: boolean }[];
}

/** Ten days with two holes, loaded; then history and reports are lost. */
async function lostDays(): Promise<Workspace> {
  const workspace = await createWorkspace();
  for (const day of DAYS.filter((each) => !HOLES.includes(each)))
    workspace.write(
      `inbox/customer_rating_agency_a_${iso(day).replaceAll('-', '')}.csv`,
      `${HEADER}1,${day},100,high-value\nx,1,1,new\n`,
    );
  await workspace.run();
  await workspace.query('update rating_history set sum_customer_rating = -1');
  for (const day of DAYS) rmSync(join(workspace.folder, reportOf(day)), { force: true });
  return workspace;
}

const history = (workspace: Workspace) =>
  workspace.query(
    'select business_date::text as day, sum_customer_rating::int as sum from rating_history order by 1',
  );

test.each([
  // Within the load of a day: its history is written as part of it.
  [
    'in the middle of a day',
    `select from rating_history where business_date = '${iso(6)}' for update`,
    { done: [1, 2, 3, 5], reports: [1, 2, 3, 5] },
  ],
  // Behind the load of a day, before its report is in the ledger.
  ['between a load and its report', 'lock table tally.reports in share mode', { done: [1], reports: [1] }],
])(
  'a backfill of ten days with two holes that is killed %s goes on, and all is as if it had not been',
  async (_, lock, { done, reports }) => {
    const workspace = await lostDays();
    const [before] = await workspace.query('select load_id from tally.versions where state = $1', ['live']);
    await killWaitingFor(workspace, BACKFILL, lock);
    expect((await history(workspace)).filter(({ sum }) => Number(sum) > 0)).toEqual(
      done.map((day) => ({ day: iso(day), sum: day })),
    );
    expect(DAYS.filter((day) => existsSync(join(workspace.folder, reportOf(day))))).toEqual(reports);
    // The table has not been touched.
    expect(await workspace.query('select load_id from tally.versions where state = $1', ['live'])).toEqual([
      before,
    ]);

    const ran = await workspace.tally([...BACKFILL, '--json']);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
    const { resumes, dates } = JSON.parse(ran.stdout) as Dates;
    expect(resumes).not.toBeNull();
    expect(dates.map(({ date, outcome, done_before }) => [date, outcome, done_before])).toEqual(
      DAYS.map((day) => [iso(day), HOLES.includes(day) ? 'no_delivery' : 'loaded', done.includes(day)]),
    );
    expect(dates.filter(({ live }) => live).map(({ date }) => date)).toEqual([iso(10)]);
    const delivered = DAYS.filter((day) => !HOLES.includes(day));
    expect(await history(workspace)).toEqual(delivered.map((day) => ({ day: iso(day), sum: day })));
    for (const day of delivered)
      expect(workspace.read(reportOf(day))).toBe(`${TITLES}agency_a,1,${day},1,1,50.00\n`);
    expect(HOLES.filter((day) => existsSync(join(workspace.folder, reportOf(day))))).toEqual([]);
    expect(workspace.list('output').filter((name) => name.includes('.tmp'))).toEqual([]);
    expect(await workspace.query('select customer_rating as rating from customer_rating')).toEqual([
      { rating: 10 },
    ]);
    expect(await workspace.query('select from tally.loads where outcome is null or report_due')).toEqual([]);
    expect(await workspace.query('select outcome from tally.backfills')).toEqual([{ outcome: 'done' }]);
    expect(
      await workspace.query("select outcome from tally.runs where command = 'backfill' order by 1"),
    ).toEqual([{ outcome: 'crashed' }, { outcome: 'done' }]);
  },
  120_000,
);
