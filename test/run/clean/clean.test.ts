import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { clean, planClean, type Cleaned } from '../../../src/run/clean/clean.js';
import { backfill } from '../../../src/run/backfill/backfill.js';
import { inSession } from '../../../src/run/session.js';
import { verifyLoads } from '../../../src/run/verify.js';
import { startS3, type Bucket } from '../../inbox/s3.js';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
/** A row that is valid and one that is not. */
const RATINGS = `${HEADER}1,10,100,regular\nx,20,100,regular\n`;
const EVENTS = 'customer_id,event_type,event_id,event_date\n';
const events = (...ids: string[]) =>
  EVENTS + ids.map((id) => `c,t,${id},2021-03-01 00:03:21+00\n`).join('') + 'c,t,bad,never\n';
const fileOf = (day: string, agency = 'agency_a') =>
  `customer_rating_${agency}_${day.replaceAll('-', '')}.csv`;
const OLD = new Date('2026-09-01T12:00:00Z');
const ARCHIVE = { TALLY_KEEP_ARCHIVE_DAYS: '30' };
const INVALID = { TALLY_KEEP_INVALID_DAYS: '30' };
const DETAILS = { TALLY_KEEP_DETAILS_DAYS: '30' };

let workspace: Workspace;
let today: Date;
beforeEach(async () => {
  workspace = await createWorkspace();
  today = workspace.now;
});

/** Deliveries as they came at a moment, as `file: text`; on the days after it is as it was. */
async function deliverAt(
  moment: Date,
  files: Record<string, string>,
  settings: Record<string, string> = {},
): Promise<void> {
  for (const [file, text] of Object.entries(files)) workspace.write(`inbox/${file}`, text);
  workspace.now = moment;
  await workspace.run(settings);
  workspace.now = today;
}

const clock = { now: () => workspace.now };
const never = new AbortController().signal;

async function cleaned(settings: Record<string, string>, signal = never) {
  const config = workspace.config(settings);
  return inSession({ config, clock, command: 'clean' }, async (session) => {
    const done = await clean(session, signal);
    return { result: done, outcome: done.outcome, errors: done.errors };
  });
}

const numbers = (result: Cleaned[]) => Object.fromEntries(result.map(({ what, count }) => [what, count]));
const archive = () =>
  workspace.list('archive').filter((name) => name.endsWith('.csv') || name.endsWith('.gz'));
const invalidRows = () =>
  workspace.query(
    'select load_id::int as load, count(*)::int as rows from file_invalid_rows group by 1 order by 1',
  );

describe('cleaning the archive', () => {
  test('removes what is old, with what lies beside it, and says so in the ledger', async () => {
    workspace.write(`inbox/${fileOf('2026-08-01')}.manifest.json`, '{"rows":2}');
    await deliverAt(OLD, {
      [fileOf('2026-08-01')]: RATINGS,
      [fileOf('2026-08-02')]: `${RATINGS}3,1,1,new\n`,
    });
    await deliverAt(today, { [fileOf('2026-08-03')]: `${RATINGS}4,1,1,new\n` });
    // Live, and the version before it.
    expect(await workspace.query('select load_id::int, state from tally.versions order by 1')).toEqual([
      { load_id: 2, state: 'previous' },
      { load_id: 3, state: 'live' },
    ]);
    const { result, outcome } = await cleaned(ARCHIVE);
    expect(outcome).toBe('done');
    expect(result[0]).toEqual({
      what: 'archive',
      kept: 'archive',
      days: 30,
      before: '2026-10-21',
      count: 1,
      bytes: RATINGS.length,
      left: 0,
    });
    expect(workspace.list('archive/customer_rating')).toEqual([
      '2026-08-02',
      `2026-08-02/${fileOf('2026-08-02')}`,
      `2026-08-02/${fileOf('2026-08-02')}.sha256`,
      '2026-08-03',
      `2026-08-03/${fileOf('2026-08-03')}`,
      `2026-08-03/${fileOf('2026-08-03')}.sha256`,
    ]);
    expect(
      await workspace.query(
        'select archived_as, archive_cleaned_at from load_history order by load_id limit 1',
      ),
    ).toEqual([{ archived_as: null, archive_cleaned_at: today }]);
    expect(numbers((await cleaned(ARCHIVE)).result)).toMatchObject({ archive: 0 });
    // What is counted and reported of it stays.
    expect(
      await workspace.query('select rows_read::int, rows_invalid::int from tally.loads limit 1'),
    ).toEqual([{ rows_read: 2, rows_invalid: 1 }]);
  });

  test('leaves alone what was used within the days, and counts days in the configured time zone', async () => {
    const settings = { ...ARCHIVE, TALLY_TIME_ZONE: 'Pacific/Auckland' };
    // In Auckland it is the 21st of November already, so the 22nd of October is the first day that stays.
    workspace.now = today = new Date('2026-11-20T12:00:00Z');
    for (const [moment, day] of [
      ['2026-10-21T10:59:00Z', '2026-08-01'],
      ['2026-10-21T11:00:00Z', '2026-08-02'],
      ['2026-11-20T11:00:00Z', '2026-08-03'],
      ['2026-11-20T11:01:00Z', '2026-08-04'],
    ] as const)
      await deliverAt(new Date(moment), { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    expect(await cleaned(settings)).toMatchObject({
      result: [{ before: '2026-10-22', count: 1 }, {}, {}, {}, {}],
    });
    expect(archive()).not.toContain(`customer_rating/2026-08-01/${fileOf('2026-08-01')}`);
    expect(archive()).toHaveLength(3);
  });

  test('leaves alone what came again or was loaded again since', async () => {
    const days = ['2026-08-01', '2026-08-02', '2026-08-03', '2026-08-04'];
    for (const day of days) await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    workspace.write(`inbox/${fileOf('2026-08-01')}`, `${RATINGS}01,1,1,new\n`);
    expect((await workspace.run()).loads).toMatchObject([{ code: 'known' }]);
    expect(numbers(await planClean(workspace.config(ARCHIVE), clock))).toMatchObject({ archive: 1 });
    const span = { feed: 'customer_rating', from: '2026-08-02', to: '2026-08-02' };
    await inSession({ config: workspace.config(), clock, command: 'backfill' }, (session) =>
      backfill(
        session,
        { signal: never, progress: () => {}, loaded: () => {} },
        { ...span, allReports: false, restart: false },
      ),
    );
    expect(numbers((await cleaned(ARCHIVE)).result)).toMatchObject({ archive: 0 });
    expect(archive()).toHaveLength(4);
  });

  test('leaves alone a file that two deliveries share while one of them is young', async () => {
    for (const [moment, agency] of [
      [OLD, 'agency_a'],
      [today, 'agency_b'],
    ] as const) {
      workspace.now = moment;
      workspace.write('elsewhere/ratings.csv', RATINGS);
      const said = { feed: 'customer_rating', agency };
      await workspace.load('elsewhere/ratings.csv', { ...said, date: '2026-08-01' });
      for (const day of ['2026-08-05', '2026-08-06']) {
        workspace.write('elsewhere/later.csv', `${RATINGS}${day.slice(-2)},1,1,new\n`);
        await workspace.load('elsewhere/later.csv', { ...said, date: day });
      }
    }
    expect(
      await workspace.query(
        "select archived_as from tally.deliveries where business_date = '2026-08-01' group by 1",
      ),
    ).toEqual([{ archived_as: 'customer_rating/2026-08-01/ratings.csv' }]);
    expect(numbers((await cleaned(ARCHIVE)).result)).toMatchObject({ archive: 0 });
    await workspace.query('update tally.loads set finished_at = $1, started_at = $1', [OLD]);
    expect(numbers((await cleaned(ARCHIVE)).result)).toMatchObject({ archive: 1 });
    expect(
      await workspace.query(
        "select archive_cleaned_at from tally.deliveries where business_date = '2026-08-01'",
      ),
    ).toEqual([{ archive_cleaned_at: today }, { archive_cleaned_at: today }]);
  });

  test('leaves alone what a load that is open or held needs, and a backfill that is not done', async () => {
    const days = ['2026-08-01', '2026-08-02', '2026-08-03', '2026-08-04'];
    for (const day of days) await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    const plan = async () => numbers(await planClean(workspace.config(ARCHIVE), clock)).archive;
    expect(await plan()).toBe(2);
    await workspace.query('update tally.loads set outcome = null, finished_at = null where load_id = 1');
    expect(await plan()).toBe(1);
    await workspace.query('update tally.loads set outcome = $1, finished_at = $2 where load_id = 1', [
      'loaded',
      OLD,
    ]);
    await workspace.query(
      "insert into tally.versions (load_id, feed, agency, state) values (1, 'customer_rating', 'agency_a', 'held')",
    );
    expect(await plan()).toBe(1);
    await workspace.query("update tally.versions set state = 'retired' where load_id = 1");
    expect(await plan()).toBe(2);
    await workspace.query(
      `insert into tally.backfills (feed, from_date, to_date, rules_sha256, started_at)
       values ('customer_rating', '2026-08-02', '2026-08-03', '', $1)`,
      [today],
    );
    expect(await plan()).toBe(1);
    // One that nobody has gone on with for so long is given up.
    await workspace.query('update tally.backfills set started_at = $1', [OLD]);
    expect(await plan()).toBe(2);
  });

  test('takes away files that were packed, and those of feeds that append', async () => {
    const many = events(...Array.from({ length: 5000 }, (_, i) => `event number ${i}`));
    await deliverAt(OLD, { 'usage_events_agency_a_20260801.csv': many });
    await deliverAt(today, { 'usage_events_agency_a_20260802.csv': events('e1') });
    expect(archive()).toContain('usage_events/2026-08-01/usage_events_agency_a_20260801.csv.gz');
    expect(numbers((await cleaned(ARCHIVE)).result)).toMatchObject({ archive: 1 });
    expect(workspace.list('archive/usage_events').filter((name) => name.startsWith('2026-08-01'))).toEqual(
      [],
    );
    expect(await workspace.query('select count(*)::int as rows from usage_events')).toEqual([{ rows: 5001 }]);
    // Nothing of what is packed next stumbles over what is gone.
    const next = events(...Array.from({ length: 5000 }, (_, i) => `another event ${i}`));
    await deliverAt(today, { 'usage_events_agency_a_20260803.csv': next });
    expect((await workspace.run()).errors).toEqual([]);

    const watching = { signal: never, progress: () => {}, verified: () => {} };
    const asked = { rowForRow: false, limit: 20 };
    const verified = await verifyLoads({ config: workspace.config(), clock }, asked, watching);
    expect(verified).toMatchObject({
      cleaned: 1,
      verifications: [{ outcome: 'verified' }, { outcome: 'verified' }],
    });
    const one = await verifyLoads({ config: workspace.config(), clock }, { ...asked, load: '1' }, watching);
    expect(one.verifications).toMatchObject([
      {
        outcome: 'unverifiable',
        code: 'not_verifiable',
        message:
          'The file of load 1 cannot be verified: it was cleaned from the archive on 2026-11-20 (TALLY_KEEP_ARCHIVE_DAYS). What the ledger counts of it stays.',
      },
    ]);
  });

  test('leads a backfill to say so, and the file comes back when it is delivered again', async () => {
    const days = ['2026-08-01', '2026-08-02', '2026-08-03'];
    for (const day of days) await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    await cleaned(ARCHIVE);
    const replay = () =>
      inSession({ config: workspace.config(), clock, command: 'backfill' }, (session) =>
        backfill(
          session,
          { signal: never, progress: () => {}, loaded: () => {} },
          { feed: 'customer_rating', from: days[0]!, to: days[1]!, allReports: false, restart: false },
        ),
      );
    expect((await replay()).replays).toMatchObject([
      {
        outcome: 'cleaned',
        message: expect.stringContaining(
          'was cleaned from the archive on 2026-11-20 (TALLY_KEEP_ARCHIVE_DAYS)',
        ),
      },
      { outcome: 'loaded' },
    ]);
    expect(await workspace.query('select outcome from tally.backfills')).toEqual([{ outcome: 'done' }]);
    workspace.write(`inbox/${fileOf('2026-08-01')}`, `${RATINGS}01,1,1,new\n`);
    expect((await workspace.run()).loads).toMatchObject([{ code: 'known' }]);
    expect((await replay()).replays).toMatchObject([{ outcome: 'loaded' }, { outcome: 'loaded' }]);
  });

  test('tells of a file that cannot be removed, and goes on with the others', async () => {
    const days = ['2026-08-01', '2026-08-02', '2026-08-03', '2026-08-04'];
    for (const day of days) await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    // Where a folder lies in its place it can be removed by nobody.
    const path = `${workspace.folder}/archive/customer_rating/2026-08-01`;
    await workspace.query(
      "update tally.deliveries set archived_as = 'customer_rating/2026-08-01' where delivery_id = 1",
    );
    const { result, outcome, errors } = await cleaned(ARCHIVE);
    expect(outcome).toBe('failed');
    expect(errors).toMatchObject([
      {
        code: 'output_unwritable',
        message: expect.stringMatching(/^customer_rating\/2026-08-01 could not be removed/),
      },
    ]);
    expect(result[0]).toMatchObject({ count: 1, left: 1 });
    chmodSync(path, 0o755);
    expect(archive()).toEqual(
      [days[0]!, days[2]!, days[3]!].map((day) => `customer_rating/${day}/${fileOf(day)}`),
    );
  });
});

describe('cleaning an archive on S3', () => {
  let bucket: Bucket;
  beforeAll(async () => void (bucket = await startS3()));
  afterAll(() => bucket.close());

  test('removes objects, and leaves alone those that stay tagged in the inbox', async () => {
    const settings = { ...bucket.env, ...ARCHIVE, TALLY_ARCHIVE: `${bucket.url}/archive` };
    const many = events(...Array.from({ length: 5000 }, (_, i) => `event number ${i}`));
    await deliverAt(OLD, { 'usage_events_agency_a_20260801.csv': many }, settings);
    await deliverAt(OLD, { 'usage_events_agency_b_20260801.csv': events('b') }, settings);
    await bucket.put('inbox/usage_events_agency_c_20260801.csv', events('c'));
    const tagged = { ...settings, TALLY_INBOX: `${bucket.url}/inbox`, TALLY_S3_DONE: 'tag' };
    await deliverAt(OLD, {}, tagged);
    expect((await bucket.list()).length).toBe(6);
    expect((await cleaned(settings)).result[0]).toMatchObject({ count: 2, left: 0 });
    expect(await bucket.list()).toEqual(['inbox/usage_events_agency_c_20260801.csv']);
  });

  test('that cannot be reached is told once, and done the next time', async () => {
    const settings = { ...bucket.env, ...ARCHIVE, TALLY_ARCHIVE: `${bucket.url}/away` };
    await deliverAt(
      OLD,
      Object.fromEntries(
        ['a', 'b', 'c'].map((agency) => [`usage_events_agency_${agency}_20260801.csv`, events(agency)]),
      ),
      settings,
    );
    const away = await cleaned({ ...settings, TALLY_S3_ENDPOINT: 'http://127.0.0.1:9' });
    expect(away).toMatchObject({ outcome: 'failed', errors: [{ code: 's3_unreachable' }] });
    expect(away.errors).toHaveLength(1);
    expect(away.result[0]).toMatchObject({ count: 0, left: 3 });
    expect((await cleaned(settings)).result[0]).toMatchObject({ count: 3, left: 0 });
  });
});

describe('cleaning invalid rows', () => {
  test('takes those of loads that nobody can go back to; the counts stay', async () => {
    for (const day of ['2026-08-01', '2026-08-02', '2026-08-03'])
      await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\ny,,,\n` });
    expect(await invalidRows()).toEqual([
      { load: 1, rows: 2 },
      { load: 2, rows: 2 },
      { load: 3, rows: 2 },
    ]);
    const { result, outcome } = await cleaned(INVALID);
    expect(outcome).toBe('done');
    expect(result[1]).toMatchObject({ what: 'invalid_rows', count: 2, left: 0 });
    expect(result[1]!.bytes).toBeGreaterThan(100);
    // The live version, and the one before it, which a rollback puts back.
    expect(await invalidRows()).toEqual([
      { load: 2, rows: 2 },
      { load: 3, rows: 2 },
    ]);
    expect(
      await workspace.query(
        'select rows_invalid::int, invalid_cleaned_at from tally.loads order by load_id limit 2',
      ),
    ).toEqual([
      { rows_invalid: 2, invalid_cleaned_at: today },
      { rows_invalid: 2, invalid_cleaned_at: null },
    ]);
    expect(numbers((await cleaned(INVALID)).result)).toMatchObject({ invalid_rows: 0 });
  });

  test('leaves those of a load that is held, and takes them when it was overtaken', async () => {
    const few = `${HEADER}x,1,1,new\ny,1,1,new\n1,1,1,new\n`;
    await deliverAt(OLD, { [fileOf('2026-08-01')]: few });
    expect(await workspace.query('select outcome from tally.loads')).toEqual([{ outcome: 'held' }]);
    expect(numbers((await cleaned(INVALID)).result)).toMatchObject({ invalid_rows: 0 });
    await deliverAt(OLD, { [fileOf('2026-08-02')]: RATINGS });
    expect(numbers((await cleaned(INVALID)).result)).toMatchObject({ invalid_rows: 2 });
    expect(await invalidRows()).toEqual([{ load: 2, rows: 1 }]);
  });

  test('drops the table that a load with many has of its own', async () => {
    const bad = Array.from({ length: 30_000 }, (_, i) => `x${i},20,100,regular\n`).join('');
    const good = Array.from({ length: 40_000 }, (_, i) => `${i},20,100,regular\n`).join('');
    for (const day of ['2026-08-01', '2026-08-02', '2026-08-03'])
      await deliverAt(OLD, { [fileOf(day)]: `${HEADER}${good}${bad}${day.slice(-2)},1,1,new\n` });
    const tables = () =>
      workspace.query("select relname from pg_class where relname ~ '^invalid_\\d+$' order by 1");
    expect(await tables()).toHaveLength(3);
    const plan = await planClean(workspace.config(INVALID), clock);
    expect(plan[1]).toMatchObject({ count: 30_000 });
    expect(plan[1]!.bytes).toBeGreaterThan(1024 * 1024);

    // Someone reads: nobody waits for them, and they are not disturbed.
    await inSession({ config: workspace.config(INVALID), clock, command: 'clean' }, async (session) => {
      const reader = await session.warehouse.connect('reader');
      await reader.query('begin; select from file_invalid_rows limit 1');
      const done = await clean(session, never);
      expect(done).toMatchObject({ outcome: 'done', errors: [] });
      expect(done.result[1]).toMatchObject({ count: 0, left: 30_000 });
      await reader.query('commit');
      await reader.end();
      expect((await clean(session, never)).result[1]).toMatchObject({ count: 30_000, left: 0 });
      return { result: undefined, outcome: 'done' };
    });
    expect(await tables()).toEqual([{ relname: 'invalid_2' }, { relname: 'invalid_3' }]);
    expect(await workspace.query('select count(*)::int as rows from file_invalid_rows')).toEqual([
      { rows: 60_000 },
    ]);
  }, 120_000);

  test('of a feed that appends leaves those of loads of which a row was corrected', async () => {
    await deliverAt(OLD, {
      'usage_events_agency_a_20260801.csv': events('e1'),
      'usage_events_agency_a_20260802.csv': events('e2'),
    });
    await workspace.query('update tally.loads set rows_fixed = 1 where load_id = 1');
    expect(numbers((await cleaned(INVALID)).result)).toMatchObject({ invalid_rows: 1 });
    expect(await invalidRows()).toEqual([{ load: 1, rows: 1 }]);
    await workspace.query('update tally.loads set rows_fixed = 0 where load_id = 1');

    // Its rows can be verified as before, against what is left.
    const watching = { signal: never, progress: () => {}, verified: () => {} };
    const { verifications } = await verifyLoads(
      { config: workspace.config(), clock },
      { rowForRow: true, limit: 20 },
      watching,
    );
    expect(verifications).toMatchObject([
      { loadId: '1', outcome: 'verified' },
      { loadId: '2', outcome: 'verified', counted: { rowsInvalid: 1 } },
    ]);
    await workspace.query("update usage_events set customer_id = 'd' where load_id = 2");
    const again = await verifyLoads(
      { config: workspace.config(), clock },
      { rowForRow: true, limit: 20, load: '2' },
      watching,
    );
    expect(again.verifications).toMatchObject([{ outcome: 'different', differenceCount: 1 }]);
  });

  test('leaves those of an agency that is being loaded to the next time', async () => {
    await deliverAt(OLD, {
      'usage_events_agency_a_20260801.csv': events('e1'),
      'usage_events_agency_b_20260801.csv': events('e1'),
    });
    const config = workspace.config({ ...INVALID, TALLY_LOCK_WAIT_SECONDS: '0' });
    await inSession({ config, clock, command: 'clean' }, async (session) => {
      const loader = await session.warehouse.connect('loader');
      await loader.query("select pg_advisory_lock(hashtextextended('tally load usage_events agency_a', 0))");
      const done = await clean(session, never);
      expect(done).toMatchObject({ outcome: 'done', errors: [] });
      expect(done.result[1]).toMatchObject({ count: 1, left: 1 });
      await loader.end();
      return { result: undefined, outcome: 'done' };
    });
    expect(await invalidRows()).toEqual([{ load: 1, rows: 1 }]);
  });
});

describe('cleaning details of the ledger', () => {
  const slot = (job: string, at: string, state: string, finished: string | null) =>
    workspace.query(
      'insert into tally.slots (job, slot, not_before, state, finished_at, watched) values ($1, $2, $2, $3, $4, true)',
      [job, at, state, finished],
    );

  test('takes slots that have ended, but for the last one of each job and what is open', async () => {
    await slot('night', '2026-08-01T00:00:00Z', 'done', '2026-08-01T01:00:00Z');
    await slot('night', '2026-08-02T00:00:00Z', 'missed', '2026-08-03T01:00:00Z');
    await slot('night', '2026-08-03T00:00:00Z', 'waiting', null);
    await slot('night', '2026-11-19T00:00:00Z', 'failed', '2026-11-19T01:00:00Z');
    await slot('gone', '2026-08-01T00:00:00Z', 'done', '2026-08-01T01:00:00Z');
    await slot('gone', '2026-08-02T00:00:00Z', 'held', '2026-08-02T01:00:00Z');
    await workspace.query(
      `insert into tally.runs (command, host, process_id, version, outcome, finished_at, slot_id)
       values ('run', 'here', 1, '0', 'done', $1, 1)`,
      [OLD],
    );
    // Nobody was told yet what came of this one.
    await slot('night', '2026-08-04T00:00:00Z', 'failed', '2026-08-04T01:00:00Z');
    await workspace.query('update tally.slots set watched = false where slot_id = 7');
    const { result } = await cleaned(DETAILS);
    expect(numbers(result)).toEqual({ archive: 0, invalid_rows: 0, slots: 3, alarms: 0, verifications: 0 });
    expect(await workspace.query('select job, state from tally.slots order by slot_id')).toEqual([
      { job: 'night', state: 'waiting' },
      { job: 'night', state: 'failed' },
      { job: 'gone', state: 'held' },
      { job: 'night', state: 'failed' },
    ]);
    expect(await workspace.query("select slot_id from tally.runs where command = 'run'")).toEqual([
      { slot_id: null },
    ]);
  });

  test('takes alarms that are over and were sent, with what the channels got', async () => {
    const alarm = (key: string, kind: string, recovered: Date | null, sent: Date | null) =>
      workspace.query(
        `with alarm as (
           insert into tally.alarms (key, kind, what, raised_at, recovered_at) values ($1, $2, $1, $3, $4) returning alarm_id
         )
         insert into tally.alarm_sends (alarm_id, channel, next_attempt_at, sent_at) select alarm_id, 'slack', $3, $5 from alarm`,
        [key, kind, OLD, recovered, sent],
      );
    await alarm('over', 'failed', OLD, OLD);
    await alarm('news', 'recovered', null, OLD);
    await alarm('open', 'held', null, OLD);
    await alarm('just over', 'late', today, OLD);
    await alarm('waits for its channel', 'invalid_share', null, null);
    expect(numbers((await cleaned(DETAILS)).result)).toMatchObject({ alarms: 2 });
    // The command itself has noticed what is late today.
    const keys = "select key from tally.alarms where key not like 'late %' order by alarm_id";
    expect(await workspace.query(keys)).toEqual([
      { key: 'open' },
      { key: 'just over' },
      { key: 'waits for its channel' },
    ]);
    expect(await workspace.query('select count(*)::int as sends from tally.alarm_sends')).toEqual([
      { sends: 3 },
    ]);
  });

  test('takes verifications, but for the last of each load and what differed', async () => {
    await deliverAt(OLD, { [fileOf('2026-08-01')]: RATINGS });
    const verification = (at: Date, outcome: string) =>
      workspace.query(
        `insert into tally.verifications (load_id, verified_at, seconds, version, row_for_row, outcome, differences)
         values (1, $1, 0, '0', false, $2, 0)`,
        [at, outcome],
      );
    for (const outcome of ['verified', 'different', 'unverifiable', 'verified'])
      await verification(OLD, outcome);
    expect(numbers((await cleaned(DETAILS)).result)).toMatchObject({ verifications: 2 });
    expect(
      await workspace.query('select verification_id::int as id, outcome from tally.verifications order by 1'),
    ).toEqual([
      { id: 2, outcome: 'different' },
      { id: 4, outcome: 'verified' },
    ]);
  });

  test('goes in batches, and what stays for ever is as it was', async () => {
    await deliverAt(OLD, {
      [fileOf('2026-08-01')]: RATINGS,
      [fileOf('2026-08-02')]: `${RATINGS}3,1,1,new\n`,
    });
    await workspace.query(
      `insert into tally.slots (job, slot, not_before, state, finished_at, watched)
       select 'often', at, at, 'done', at, true from generate_series('2026-01-01', '2026-01-20', interval '1 minute') as at`,
    );
    const kept = async () =>
      workspace.query(
        `select (select count(*) from tally.runs where command = 'run')::int as runs,
           (select count(*) from tally.loads)::int as loads, (select count(*) from tally.deliveries)::int as deliveries,
           (select count(*) from tally.reports)::int as reports, (select count(*) from rating_history)::int as histories`,
      );
    const before = await kept();
    const all = { ...ARCHIVE, ...INVALID, ...DETAILS };
    expect(numbers((await cleaned(all)).result)).toMatchObject({ slots: 19 * 24 * 60 });
    expect(await workspace.query('select count(*)::int as slots from tally.slots')).toEqual([{ slots: 1 }]);
    expect(await kept()).toEqual(before);
  });
});

describe('what is asked for', () => {
  test('is nothing without a setting: all is kept for ever', async () => {
    await deliverAt(new Date('1999-01-01T00:00:00Z'), {
      [fileOf('1998-08-01')]: RATINGS,
      'usage_events_agency_a_19980801.csv': events('e1'),
    });
    const { result, outcome } = await cleaned({});
    expect(outcome).toBe('done');
    for (const each of result)
      expect(each).toMatchObject({ days: null, before: null, count: 0, bytes: 0, left: 0 });
    expect(archive()).toHaveLength(2);
  });

  test('is only looked at by a plan', async () => {
    for (const day of ['2026-08-01', '2026-08-02', '2026-08-03'])
      await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    const all = { ...ARCHIVE, ...INVALID, ...DETAILS };
    const runs = await workspace.query('select run_id from tally.runs');
    expect(numbers(await planClean(workspace.config(all), clock))).toMatchObject({
      archive: 1,
      invalid_rows: 1,
    });
    expect(archive()).toHaveLength(3);
    expect(await invalidRows()).toHaveLength(3);
    expect(await workspace.query('select run_id from tally.runs')).toEqual(runs);
  });

  test('stops when it is interrupted', async () => {
    for (const day of ['2026-08-01', '2026-08-02', '2026-08-03'])
      await deliverAt(OLD, { [fileOf(day)]: `${RATINGS}${day.slice(-2)},1,1,new\n` });
    const controller = new AbortController();
    controller.abort();
    const { result, outcome } = await cleaned({ ...ARCHIVE, ...INVALID }, controller.signal);
    expect(outcome).toBe('interrupted');
    expect(numbers(result)).toMatchObject({ archive: 0, invalid_rows: 0 });
    expect(archive()).toHaveLength(3);
  });
});
