import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { METRICS } from '../../src/metrics/metrics.js';
import { startObserving, type Observing } from '../../src/metrics/server.js';
import { startHttp } from '../setup/channels.js';
import { onServer } from '../setup/warehouse.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const rows = (good: number, bad = 0) => HEADER + '1,1,100,new\n'.repeat(good) + 'x,1,100,new\n'.repeat(bad);

let workspace: Workspace;
let observing: Observing;
beforeAll(async () => {
  workspace = await createWorkspace();
  observing = await observe();
});
afterAll(() => observing.close());

const observe = () =>
  startObserving({
    config: workspace.config({ TALLY_HTTP_PORT: '0', TALLY_LOG_LEVEL: 'off' }),
    clock: { now: () => workspace.now },
  });
const get = async (path: string) => {
  const answer = await fetch(`${observing.url}${path}`);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};
/** The samples of ours by name and labels in their order. */
const samples = async () =>
  Object.fromEntries(
    [...(await get('/metrics')).text.matchAll(/^(tally_\w+)(?:\{(.*)\})? (\S+)$/gm)].map(
      ([, name, labels = '', value]) => [`${name} ${labels.split(',').sort().join()}`.trim(), Number(value)],
    ),
  );

describe('/metrics', () => {
  test('tells what the ledger says now, whoever wrote it', async () => {
    expect(await samples()).toMatchObject({
      tally_database_up: 1,
      tally_runs_going_on: 0,
      'tally_agency_state agency="agency_a",feed="customer_rating",state="missing"': 1,
    });
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(9, 1));
    workspace.write('inbox/customer_rating_agency_b_20261118.csv', rows(5));
    workspace.write('inbox/orders_20261120.csv', '');
    await workspace.run();
    const a = 'agency="agency_a",feed="customer_rating"';
    const b = 'agency="agency_b",feed="customer_rating"';
    expect(await samples()).toMatchObject({
      'tally_runs_total command="run",outcome="failed"': 1,
      'tally_last_run_timestamp_seconds command="run"': workspace.now.getTime() / 1000,
      'tally_last_run_seconds command="run"': 0,
      [`tally_loads_total ${a},outcome="loaded"`]: 1,
      'tally_loads_total agency="agency_a",feed="orders",outcome="failed"': 1,
      'tally_rows_total agency="agency_a",fate="loaded",feed="customer_rating"': 9,
      'tally_rows_total agency="agency_a",fate="invalid",feed="customer_rating"': 1,
      [`tally_invalid_share_ratio ${a}`]: 0.1,
      [`tally_invalid_share_ratio ${b}`]: 0,
      [`tally_last_good_load_timestamp_seconds ${b}`]: workspace.now.getTime() / 1000,
      [`tally_last_load_seconds ${b}`]: 0,
      [`tally_lag_days ${a}`]: 0,
      [`tally_lag_days ${b}`]: 2,
      [`tally_agency_state ${a},state="fresh"`]: 1,
      [`tally_agency_state ${b},state="missing"`]: 1,
      'tally_alarms_total kind="failed"': 1,
      'tally_alarms_open kind="failed"': 1,
    });
  });

  test('is of the text format, with the numbers of the process, and names only what is declared', async () => {
    const { status, type, text } = await get('/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text).toContain('\nprocess_resident_memory_bytes ');
    const typed = [...text.matchAll(/^# TYPE (tally_\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind]);
    expect(typed.length).toBeGreaterThan(10);
    for (const [name, kind] of typed)
      expect([name, METRICS[name as never]]).toMatchObject([name, { type: kind }]);
  });

  test('asked for many times at once gives each the whole', async () => {
    const once = await samples();
    for (const each of await Promise.all([1, 2, 3, 4].map(samples))) expect(each).toEqual(once);
  });
});

test('a label is as the ledger has it, whatever characters are in it', async () => {
  await workspace.query(
    `insert into tally.loads (run_id, feed, agency, file_name, outcome, finished_at)
     select run_id, 'odd', E'a"b\\nc\\\\', 'x', 'failed', now() from tally.runs limit 1`,
  );
  expect((await get('/metrics')).text).toContain(
    'tally_loads_total{feed="odd",agency="a\\"b\\nc\\\\",outcome="failed"} 1',
  );
});

describe('health', () => {
  test('is live, and ready while the database is there and migrated', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200, text: '{"status":"live"}' });
    expect(await get('/health/ready')).toMatchObject({ status: 200, text: '{"status":"ready"}' });
    await workspace.query("update tally.migrations set name = 'gone' where name like '0008%'");
    expect((await get('/health/ready')).status).toBe(503);
    await workspace.query("update tally.migrations set name = '0008_alarms.sql' where name = 'gone'");
  });

  test('without a database it is live, not ready, and the metrics say so', async () => {
    const name = new URL(workspace.url).pathname.slice(1);
    await onServer(`alter database "${name}" rename to "${name}_away"`);
    try {
      expect((await get('/health/live')).status).toBe(200);
      const ready = await get('/health/ready');
      expect([ready.status, ready.text]).toEqual([503, '{"status":"not ready","reason":"database_error"}']);
      const { status, text } = await get('/metrics');
      expect([status, text.match(/^tally_\w+ .*$/gm)]).toEqual([200, ['tally_database_up 0']]);
    } finally {
      await onServer(`alter database "${name}_away" rename to "${name}"`);
    }
    expect((await get('/health/ready')).status).toBe(200);
  });
});

test('a port that is taken is said, with the setting that names it', async () => {
  const { port } = await startHttp();
  const config = workspace.config({ TALLY_HTTP_PORT: String(port), TALLY_LOG_LEVEL: 'off' });
  await expect(startObserving({ config, clock: { now: () => workspace.now } })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(`127.0.0.1:${port}`),
    hint: expect.stringContaining('TALLY_HTTP_PORT'),
  });
});
