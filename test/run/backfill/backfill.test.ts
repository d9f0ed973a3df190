import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backfill, planBackfill, type BackfillSummary } from '../../../src/run/backfill/backfill.js';
import { inSession } from '../../../src/run/session.js';
import { startS3, type Bucket } from '../../inbox/s3.js';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const TITLES =
  'customer,count_customer_number,sum_customer_rating,high_value_count,invalid_customer_number_count,invalid_customer_number_percent\n';
/** Rows with these ratings; a text is an invalid one. */
const rows = (...ratings: (number | string)[]) =>
  HEADER + ratings.map((rating, i) => `${i},${rating},100,regular\n`).join('');
const fileOf = (day: string, agency = 'agency_a') =>
  `customer_rating_${agency}_${day.replaceAll('-', '')}.csv`;
const archived = (day: string, agency = 'agency_a') =>
  `archive/customer_rating/${day}/${fileOf(day, agency)}`;
const reportOf = (day: string) => `output/Customer_Rating_Aggregate_Report_${day.replaceAll('-', '')}.csv`;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});

/** Deliveries of some days, as `day: rows`, loaded in their order. */
async function deliver(days: Record<string, string>, agency = 'agency_a'): Promise<void> {
  for (const [day, text] of Object.entries(days)) workspace.write(`inbox/${fileOf(day, agency)}`, text);
  await workspace.run();
}

async function replay(
  asked: {
    from?: string;
    to?: string;
    agency?: string;
    restart?: boolean;
    allReports?: boolean;
    feed?: string;
  } = {},
  watching: { signal?: AbortSignal; loaded?: () => void } = {},
  settings: Record<string, string> = {},
): Promise<BackfillSummary> {
  const span = { feed: 'customer_rating', from: '2026-11-01', to: '2026-11-03' };
  return inSession(
    { config: workspace.config(settings), clock: { now: () => workspace.now }, command: 'backfill' },
    (session) =>
      backfill(
        session,
        { signal: new AbortController().signal, progress: () => {}, loaded: () => {}, ...watching },
        { allReports: false, restart: false, ...span, ...asked },
      ),
  );
}

const told = ({ replays }: BackfillSummary) =>
  replays.map(({ date, agency, outcome, live, doneBefore }) =>
    [date, agency, outcome, ...(live ? ['live'] : []), ...(doneBefore ? ['before'] : [])].join(' '),
  );
const history = () =>
  workspace.query(
    `select agency, business_date::text as day, load_id::int as load, sum_customer_rating::int as sum,
       invalid_customer_number_count::int as invalid from rating_history order by business_date, agency`,
  );
const ratings = async () =>
  (await workspace.query('select customer_rating as rating from customer_rating order by 1')).map((row) =>
    Number(row.rating),
  );

describe('a backfill', () => {
  test('gives back the history and the reports that were lost, and leaves the table as it is', async () => {
    await deliver({ '2026-11-01': rows(1), '2026-11-03': rows(3, 'x'), '2026-11-10': rows(10) });
    await deliver({ '2026-11-03': rows(30) }, 'agency_b');
    await workspace.query('delete from rating_history');
    rmSync(join(workspace.folder, 'output'), { recursive: true });

    const summary = await replay();
    expect(told(summary)).toEqual([
      '2026-11-01 agency_a loaded',
      '2026-11-01 agency_b no_delivery',
      '2026-11-02  no_delivery',
      '2026-11-03 agency_a loaded',
      '2026-11-03 agency_b loaded live',
    ]);
    expect(summary.errors).toEqual([]);
    expect(summary.replays[3]).toMatchObject({
      file: fileOf('2026-11-03'),
      rowsRead: 2,
      rowsLoaded: 1,
      rowsInvalid: 1,
      code: 'past_date',
    });
    expect(await history()).toEqual([
      { agency: 'agency_a', day: '2026-11-01', load: 5, sum: 1, invalid: 0 },
      { agency: 'agency_a', day: '2026-11-03', load: 6, sum: 3, invalid: 1 },
      { agency: 'agency_b', day: '2026-11-03', load: 7, sum: 30, invalid: 0 },
    ]);
    expect(await ratings()).toEqual([10, 30]);
    expect(workspace.read(reportOf('2026-11-01'))).toBe(`${TITLES}agency_a,1,1,0,0,0.00\n`);
    expect(workspace.read(reportOf('2026-11-03'))).toBe(
      `${TITLES}agency_a,1,3,0,1,50.00\nagency_b,1,30,0,0,0.00\n`,
    );
    expect(existsSync(join(workspace.folder, reportOf('2026-11-02')))).toBe(false);
    expect(summary.reports.map((report) => report.date)).toEqual(['2026-11-01', '2026-11-03', '2026-11-20']);
    expect(await workspace.query('select from tally.loads where report_due')).toEqual([]);
  });

  test('replays by the rules of today, and replaces the row of a day instead of adding another', async () => {
    await deliver({ '2026-11-01': rows(1, 50), '2026-11-10': rows(10, 50) });
    const feed = workspace.read('feeds/customer_rating.yaml');
    workspace.write(
      'feeds/customer_rating.yaml',
      feed.replace('description: How the customer was rated.', 'description: How., max: 20'),
    );
    expect(told(await replay({ to: '2026-11-10' })).filter((line) => !line.includes('no_delivery'))).toEqual([
      '2026-11-01 agency_a loaded',
      '2026-11-10 agency_a loaded live',
    ]);
    expect(await history()).toEqual([
      { agency: 'agency_a', day: '2026-11-01', load: 3, sum: 1, invalid: 1 },
      { agency: 'agency_a', day: '2026-11-10', load: 4, sum: 10, invalid: 1 },
    ]);
    // The present too is what the rules of today make of it.
    expect(await ratings()).toEqual([10]);
  });

  test('fills a history that is new', async () => {
    await deliver({ '2026-11-01': rows(1), '2026-11-02': rows(2), '2026-11-10': rows(10) });
    await workspace.query(
      'create table public.top_rating (agency text, day date, top integer, primary key (agency, day))',
    );
    workspace.write(
      'sql/history/top_rating.sql',
      `-- history of customer_rating, a row for each agency, day: the highest rating.
select $2::text as agency, $3::date as day, max(customer_rating) as top from next_version where $1::bigint > 0
`,
    );
    await replay();
    expect(
      await workspace.query('select agency, day::text, top from public.top_rating order by day'),
    ).toEqual([
      { agency: 'agency_a', day: '2026-11-01', top: 1 },
      { agency: 'agency_a', day: '2026-11-02', top: 2 },
    ]);
  });

  test('takes of several deliveries of a day the one that was loaded last, and none that was rolled back', async () => {
    await deliver({ '2026-11-01': rows(1) });
    await deliver({ '2026-11-01': rows(2) });
    await deliver({ '2026-11-02': rows(3) });
    const { code } = await workspace.tally(['rollback', '--feed', 'customer_rating', '--agency', 'agency_a']);
    expect(code).toBe(0);
    const summary = await replay({ to: '2026-11-02' });
    expect(told(summary)).toEqual(['2026-11-01 agency_a loaded live', '2026-11-02 agency_a no_delivery']);
    expect(summary.replays[1]!.message).toBe(
      'it came, but its load 3 was rolled back, so there is nothing to replay',
    );
    expect(await history()).toMatchObject([{ day: '2026-11-01', sum: 2 }]);
    expect(await ratings()).toEqual([2]);
  });

  test('counts a day whose content was that of the day before, and brings the table to the later day', async () => {
    await deliver({ '2026-11-01': rows(1) });
    await deliver({ '2026-11-02': rows(1) });
    expect(told(await replay({ to: '2026-11-02' }))).toEqual([
      '2026-11-01 agency_a loaded live',
      '2026-11-02 agency_a loaded live',
    ]);
    expect(await history()).toMatchObject([
      { day: '2026-11-01', sum: 1 },
      { day: '2026-11-02', sum: 1 },
    ]);
  });

  test('lists what is held and was never loaded as a day without a delivery', async () => {
    await deliver({ '2026-11-01': rows(1, 2, 3) });
    await deliver({ '2026-11-02': HEADER });
    const summary = await replay({ to: '2026-11-02' });
    expect(told(summary)[1]).toBe('2026-11-02 agency_a no_delivery');
    expect(summary.replays[1]!.message).toContain('its load 2 is held');
  });

  test('of a feed that appends brings what was not in yet, and doubles nothing', async () => {
    const events = (...ids: string[]) =>
      `customer_id,event_type,event_id,event_date\n${ids.map((id) => `c,t,${id},2021-03-01 00:03:21+00\n`).join('')}`;
    workspace.write('inbox/usage_events_agency_a_20261101.csv', events('e1', 'e2'));
    workspace.write('inbox/usage_events_agency_a_20261102.csv', events('e2', 'e3'));
    const { loads } = await workspace.run();
    expect(loads.map((each) => each.outcome)).toEqual(['loaded', 'loaded']);
    await workspace.query("delete from usage_events where event_id = 'e1'");
    const summary = await replay({ feed: 'usage_events' });
    expect(summary.replays.map((each) => each.outcome)).toEqual(['loaded', 'loaded', 'no_delivery']);
    expect(await workspace.query('select event_id from usage_events order by 1')).toEqual([
      { event_id: 'e1' },
      { event_id: 'e2' },
      { event_id: 'e3' },
    ]);
  });

  test('is held by the guards, which compare with what the same delivery gave', async () => {
    await deliver({
      '2026-11-01': rows(1, 2),
      '2026-11-10': rows(...Array.from({ length: 40 }, (_, i) => i)),
    });
    // Two rows are few beside today's forty, and just what there were.
    expect(told(await replay({ to: '2026-11-01' }))).toEqual(['2026-11-01 agency_a loaded']);
    const before = await history();
    const feed = workspace.read('feeds/customer_rating.yaml');
    workspace.write(
      'feeds/customer_rating.yaml',
      feed.replace('description: How the customer was rated.', 'min: 50'),
    );
    const held = await replay({ to: '2026-11-01' });
    expect(held.replays).toMatchObject([
      { outcome: 'held', code: 'guard_empty', hint: expect.stringContaining('--accept-held') },
    ]);
    expect(await history()).toEqual(before);
    expect((await workspace.tally(['load', '--accept-held', held.replays[0]!.loadId!])).code).toBe(0);
    expect((await history())[0]).toMatchObject({ sum: 0, invalid: 2 });
    expect((await ratings()).length).toBe(40);
    // What was accepted once is not held again.
    expect(told(await replay({ to: '2026-11-01' }))).toEqual(['2026-11-01 agency_a loaded']);
  });

  test('tells of a file that is gone and of one that was changed, goes on, and is open until they are back', async () => {
    await deliver({
      '2026-11-01': rows(1),
      '2026-11-02': rows(2),
      '2026-11-03': rows(3),
      '2026-11-10': rows(10),
    });
    const [gone, changed] = [archived('2026-11-01'), archived('2026-11-02')].map((path) =>
      join(workspace.folder, path),
    ) as [string, string];
    renameSync(gone, `${gone}.away`);
    appendFileSync(changed, '7,7,7,new\n');
    const before = await history();

    const summary = await replay();
    expect(told(summary)).toEqual([
      '2026-11-01 agency_a failed',
      '2026-11-02 agency_a failed',
      '2026-11-03 agency_a loaded',
    ]);
    expect(summary.replays).toMatchObject([
      { code: 'file_missing', message: `There is no file ${gone}.` },
      {
        code: 'archive_differs',
        message: expect.stringContaining('is not what was delivered: its sha256 is'),
      },
      { code: 'past_date' },
    ]);
    expect((await history()).slice(0, 2)).toEqual(before.slice(0, 2));
    expect(
      await workspace.query(
        "select business_date::text as day, code from tally.loads where outcome = 'failed' order by load_id",
      ),
    ).toEqual([
      { day: '2026-11-01', code: 'file_missing' },
      { day: '2026-11-02', code: 'archive_differs' },
    ]);

    renameSync(`${gone}.away`, gone);
    const second = await replay();
    expect(second.backfillId).toBe(summary.backfillId);
    expect(told(second)).toEqual([
      '2026-11-01 agency_a loaded',
      '2026-11-02 agency_a failed',
      '2026-11-03 agency_a loaded before',
    ]);
    // A replay that failed is no news of the agency, and the file is known as before.
    workspace.write(`inbox/${fileOf('2026-11-02')}`, rows(2));
    expect((await workspace.run()).loads).toMatchObject([{ code: 'known' }]);
    const { freshness } = await workspace.run();
    expect(freshness[0]).toMatchObject({ agency: 'agency_a', state: 'missing', last_load_id: 4 });
  });
});

describe('a backfill that was interrupted', () => {
  beforeEach(() =>
    deliver({ '2026-11-01': rows(1), '2026-11-02': rows(2), '2026-11-03': rows(3), '2026-11-10': rows(10) }),
  );

  const interrupted = async (): Promise<BackfillSummary> => {
    const controller = new AbortController();
    return replay({}, { signal: controller.signal, loaded: () => controller.abort() });
  };

  test('goes on where it stopped, and writes the reports that it owes', async () => {
    for (const day of ['2026-11-01', '2026-11-02']) rmSync(join(workspace.folder, reportOf(day)));
    const first = await interrupted();
    expect(told(first)).toEqual([
      '2026-11-01 agency_a loaded',
      '2026-11-02 agency_a not_tried',
      '2026-11-03 agency_a not_tried',
    ]);
    expect(existsSync(join(workspace.folder, reportOf('2026-11-01')))).toBe(false);
    const second = await replay();
    expect(second).toMatchObject({ backfillId: first.backfillId, resumes: workspace.now });
    expect(told(second)).toEqual([
      '2026-11-01 agency_a loaded before',
      '2026-11-02 agency_a loaded',
      '2026-11-03 agency_a loaded',
    ]);
    expect(workspace.read(reportOf('2026-11-01'))).toBe(`${TITLES}agency_a,1,1,0,0,0.00\n`);
    expect(workspace.read(reportOf('2026-11-02'))).toBe(`${TITLES}agency_a,1,2,0,0,0.00\n`);
    // It is done now: the same call is another one.
    const third = await replay();
    expect(third.resumes).toBeNull();
    expect(third.backfillId).not.toBe(second.backfillId);
    expect(told(third)[0]).toBe('2026-11-01 agency_a loaded');
  });

  test('begins anew if it is told to, and if the rules have changed', async () => {
    const first = await interrupted();
    const again = await replay({ restart: true });
    expect(told(again)[0]).toBe('2026-11-01 agency_a loaded');
    const third = await interrupted();
    const feed = workspace.read('feeds/customer_rating.yaml');
    workspace.write('feeds/customer_rating.yaml', `${feed}nulls: ['-']\n`);
    const fourth = await replay();
    expect(fourth.resumes).toBeNull();
    expect(
      await workspace.query('select backfill_id as id, outcome from tally.backfills order by backfill_id'),
    ).toEqual([
      { id: first.backfillId, outcome: 'given_up' },
      { id: again.backfillId, outcome: 'done' },
      { id: third.backfillId, outcome: 'given_up' },
      { id: fourth.backfillId, outcome: 'done' },
    ]);
  });

  test('replays a delivery that came meanwhile in the place of the one that it had done', async () => {
    await interrupted();
    await deliver({ '2026-11-01': rows(100) });
    expect(told(await replay())[0]).toBe('2026-11-01 agency_a loaded');
    expect((await history())[0]).toMatchObject({ day: '2026-11-01', sum: 100 });
  });
});

describe('reports of a backfill', () => {
  test('are those of its feed; with --reports also of days without a delivery', async () => {
    await deliver({ '2026-11-01': rows(1), '2026-11-10': rows(10) });
    workspace.write(
      'sql/reports/other.sql',
      '-- report: other_{date:YYYYMMDD}.csv\n-- feed: orders\nselect $1::date as day\n',
    );
    const { reports } = await replay({ to: '2026-11-02', allReports: true });
    expect(reports.map(({ report, date }) => `${report} ${date}`)).toEqual([
      'customer_rating_aggregate 2026-11-01',
      'customer_rating_aggregate 2026-11-02',
      'customer_rating_aggregate 2026-11-20',
    ]);
    expect(workspace.read(reportOf('2026-11-02'))).toBe(`${TITLES}agency_a,1,1,0,0,0.00\n`);
  });

  test('of today are written once, also where today is one of its days', async () => {
    workspace.now = new Date('2026-11-03T12:00:00Z');
    await deliver({ '2026-11-01': rows(1), '2026-11-03': rows(3) });
    const days = async (asked: Parameters<typeof replay>[0]) =>
      (await replay(asked)).reports.map(({ date }) => date);
    expect(await days({})).toEqual(['2026-11-01', '2026-11-03']);
    expect(await days({ to: '2026-11-04', allReports: true })).toEqual([
      '2026-11-01',
      '2026-11-02',
      '2026-11-04',
      '2026-11-03',
    ]);
    expect(await days({ from: '2026-11-03', agency: 'agency_b', allReports: true })).toEqual(['2026-11-03']);
    expect(await workspace.query('select from tally.loads where report_due')).toEqual([]);
  });

  test('that cannot be written are told, and owed', async () => {
    await deliver({ '2026-11-01': rows(1), '2026-11-10': rows(10) });
    workspace.write(
      'sql/reports/customer_rating_aggregate.sql',
      '-- report: wrong_{date:YYYYMMDD}.csv\nselect $1 / 0\n',
    );
    const summary = await replay({ to: '2026-11-01' });
    expect(summary.errors[0]).toMatchObject({ code: 'sql_invalid' });
    expect(told(summary)).toEqual(['2026-11-01 agency_a loaded']);
    rmSync(join(workspace.folder, 'sql/reports/customer_rating_aggregate.sql'));
    const again = await replay({ to: '2026-11-01' });
    expect(again).toMatchObject({ errors: [], backfillId: summary.backfillId });
  });
});

describe('a backfill from an archive on S3', () => {
  let bucket: Bucket;
  beforeAll(async () => void (bucket = await startS3()));
  afterAll(() => bucket.close());

  /** Archives of several tests lie in one bucket. */
  const settingsOf = (name: string, more: Record<string, string> = {}) => ({
    ...bucket.env,
    TALLY_ARCHIVE: `${bucket.url}/${name}`,
    ...more,
  });
  /** Enough of them to be packed. */
  const many = rows(...Array.from({ length: 6000 }, () => 2));

  test('reads what was packed and what was not, and leaves no copy behind', async () => {
    const settings = settingsOf('packed');
    workspace.write(`inbox/${fileOf('2026-11-01')}`, rows(1));
    workspace.write(`inbox/${fileOf('2026-11-02')}`, many);
    workspace.write(`inbox/${fileOf('2026-11-10')}`, rows(...Array.from({ length: 5000 }, () => 10)));
    await workspace.run(settings);
    expect((await bucket.list()).filter((key) => /\.(csv|gz)$/.test(key))).toEqual([
      `packed/customer_rating/2026-11-01/${fileOf('2026-11-01')}`,
      `packed/customer_rating/2026-11-02/${fileOf('2026-11-02')}.gz`,
      `packed/customer_rating/2026-11-10/${fileOf('2026-11-10')}.gz`,
    ]);
    await workspace.query('delete from rating_history');
    const asked = { feed: 'customer_rating', from: '2026-11-01', to: '2026-11-03' };
    const planned = await planBackfill(workspace.config(settings), new AbortController().signal, {
      ...asked,
      allReports: false,
      restart: false,
    });
    expect(told(planned)).toEqual([
      '2026-11-01 agency_a to_replay',
      '2026-11-02 agency_a to_replay',
      '2026-11-03  no_delivery',
    ]);
    const summary = await replay({}, {}, settings);
    expect(told(summary)).toEqual([
      '2026-11-01 agency_a loaded',
      '2026-11-02 agency_a loaded',
      '2026-11-03  no_delivery',
    ]);
    expect(summary.errors).toEqual([]);
    expect(await history()).toMatchObject([
      { day: '2026-11-01', sum: 1 },
      { day: '2026-11-02', sum: 12_000 },
    ]);
    expect(workspace.list('.tally/incoming')).toEqual([]);
  });

  test('tells of an object that is gone and of one that was changed, and goes on', async () => {
    const settings = settingsOf('gone');
    const at = (day: string) => `gone/customer_rating/${day}/${fileOf(day)}`;
    for (const day of ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-10'])
      workspace.write(`inbox/${fileOf(day)}`, rows(Number(day.slice(-2))));
    await workspace.run(settings);
    await bucket.remove(at('2026-11-01'));
    await bucket.put(at('2026-11-02'), rows(7));
    const summary = await replay({}, {}, settings);
    expect(summary.replays).toMatchObject([
      {
        outcome: 'failed',
        code: 'file_missing',
        message: `There is no object ${bucket.url}/${at('2026-11-01')}.`,
      },
      { outcome: 'failed', code: 'archive_differs' },
      { outcome: 'loaded', code: 'past_date' },
    ]);
    expect(workspace.list('.tally/incoming')).toEqual([]);
  });

  test('finds the objects that were tagged and stay in the inbox', async () => {
    const settings = settingsOf('tagged', { TALLY_INBOX: `${bucket.url}/inbox`, TALLY_S3_DONE: 'tag' });
    await bucket.put(`inbox/${fileOf('2026-11-01')}`, rows(1));
    await bucket.put(`inbox/${fileOf('2026-11-10')}`, rows(10));
    expect((await workspace.run(settings)).loads).toMatchObject([
      { outcome: 'loaded' },
      { outcome: 'loaded' },
    ]);
    expect(told(await replay({ to: '2026-11-01' }, {}, settings))).toEqual(['2026-11-01 agency_a loaded']);
  });

  test('whose server cannot be reached fails for each date, and the table stays', async () => {
    const settings = settingsOf('away');
    await deliver({ '2026-11-01': rows(1), '2026-11-10': rows(10) });
    const summary = await replay(
      { to: '2026-11-01' },
      {},
      { ...settings, TALLY_S3_ENDPOINT: 'http://127.0.0.1:9' },
    );
    expect(summary.replays).toMatchObject([{ outcome: 'failed', code: 's3_unreachable' }]);
    expect(await ratings()).toEqual([10]);
  });
});
