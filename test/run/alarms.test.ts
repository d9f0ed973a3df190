import { beforeEach, describe, expect, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { acceptLoad } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { startHttp, type HttpReceiver } from '../setup/channels.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const valid = (count: number) => Array.from({ length: count }, (_, i) => `${i},1,100,new\n`).join('');
const file = (good: number, bad = 0) => `${HEADER}${valid(good)}${'x,1,100,new\n'.repeat(bad)}`;

let workspace: Workspace;
let http: HttpReceiver;
beforeEach(async () => {
  workspace = await createWorkspace();
  // Of the shipped feeds only one, and its agency b: what the others owe is no matter here.
  workspace.write('agencies.yaml', 'agencies:\n  agency_b: { name: Agency B }\n');
  workspace.now = new Date('2026-11-20T05:00:00Z');
  http = await startHttp();
});

const inbox = (day: string, content: string) =>
  workspace.write(`inbox/customer_rating_agency_b_${day}.csv`, content);
const run = () => workspace.run({ TALLY_ALARM_WEBHOOK_URL: http.url('/hook') });
/** What was told since it was asked last: kind, code and next command. */
const told = () =>
  http.received
    .splice(0)
    .flatMap(({ body }) =>
      (body.alarms as { kind: string; code: string | null; next_command: string | null }[]).map((each) => [
        each.kind,
        each.code,
        each.next_command,
      ]),
    );

describe('a night', () => {
  test('on which all is well tells nothing', async () => {
    inbox('20261119', file(10));
    await run();
    await run();
    expect(told()).toEqual([]);
  });

  test('tells what is held once, and that it is well again when it is accepted', async () => {
    inbox('20261119', file(10));
    await run();
    inbox('20261120', file(1));
    await run();
    expect(told()).toEqual([['held', 'guard_min_rows', 'tally load --accept-held 2']]);
    await run();
    expect(told()).toEqual([]);
    const config = workspace.config({ TALLY_ALARM_WEBHOOK_URL: http.url('/hook') });
    const watching = { signal: new AbortController().signal, progress: () => {}, loaded: () => {} };
    await inSession({ config, clock: { now: () => workspace.now }, command: 'load' }, (session) =>
      acceptLoad(session, watching, '2'),
    );
    expect(told()).toEqual([['recovered', null, null]]);
    await run();
    expect(told()).toEqual([]);
  });

  test('tells what failed once, however often it is met, and the next good load', async () => {
    inbox('20261119', '');
    await run();
    expect(told()).toEqual([['failed', 'file_empty', 'tally run']]);
    await run();
    expect(told()).toEqual([]);
    inbox('20261119', file(10));
    await run();
    expect(told()).toEqual([['recovered', null, null]]);
  });

  test('tells what is late for each day that it is, and when it has come', async () => {
    inbox('20261119', file(10));
    await run();
    workspace.now = new Date('2026-11-20T06:00:00Z');
    await run();
    await run();
    expect(told()).toEqual([['late', 'late', 'tally status']]);
    workspace.now = new Date('2026-11-21T06:00:00Z');
    await run();
    expect(told()).toEqual([['late', 'missing', 'tally status']]);
    inbox('20261121', file(10));
    await run();
    expect(told()).toEqual([['recovered', null, null]]);
  });

  test('tells a rise of the invalid share against the day before, not against whatever was loaded last', async () => {
    workspace.now = new Date('2026-11-19T05:00:00Z');
    inbox('20261118', file(99, 1));
    await run();
    inbox('20261119', file(96, 4));
    await run();
    expect(told()).toEqual([]);
    inbox('20261120', file(90, 10));
    await run();
    expect(told()).toEqual([['invalid_share', null, 'tally invalid --load 3']]);
    expect(
      await workspace.query("select numbers from tally.alarms where kind = 'invalid_share'"),
    ).toMatchObject([
      { numbers: { invalid_percent: '10.00', invalid_percent_before: '4.00', load_before: '2' } },
    ]);
    inbox('20261117', file(97, 3));
    await run();
    expect(told()).toEqual([]);
  });

  test('tells what went wrong beside the loads, and that it did not again', async () => {
    inbox('20261119', file(10));
    rmSync(join(workspace.folder, 'output'), { recursive: true });
    workspace.write('output', 'no folder');
    await run();
    expect(told()).toEqual([['failed', 'output_unwritable', 'tally run']]);
    rmSync(join(workspace.folder, 'output'));
    await run();
    expect(told()).toEqual([['recovered', null, null]]);
  });

  test('that died is told by the next', async () => {
    await workspace.query(
      "insert into tally.runs (command, host, process_id, version) values ('run', 'h', 1, '0')",
    );
    await run();
    const [died] = await workspace.query('select what from tally.alarms order by alarm_id');
    expect(died!.what).toBe('tally run (run 1) died before its end. Nothing half-done was kept.');
    expect(told()[0]).toEqual(['failed', 'crashed', 'tally run']);
  });
});

test('a channel that never answers fails no run and loses no alarm', async () => {
  http.answer = 'never';
  inbox('20261119', file(10));
  await run();
  inbox('20261120', file(1));
  const summary = await run();
  expect(summary.loads.map(({ outcome }) => outcome)).toEqual(['held']);
  expect(await workspace.query('select outcome from tally.runs order by run_id')).toEqual([
    { outcome: 'done' },
    { outcome: 'held' },
  ]);
  http.received = [];
  http.answer = { status: 200 };
  workspace.now = new Date(workspace.now.getTime() + 60_000);
  await run();
  expect(told().map(([kind]) => kind)).toEqual(['held']);
});

test('what had ended before there were alarms is not told', async () => {
  inbox('20261119', '');
  await workspace.run();
  await workspace.query('truncate tally.alarms cascade');
  await run();
  expect(told()).toEqual([]);
});

test('without a channel alarms are written down, and a channel that is set later is told only what is new', async () => {
  inbox('20261119', '');
  await workspace.run();
  expect(await workspace.query('select kind from tally.alarms')).toEqual([{ kind: 'failed' }]);
  inbox('20261119', file(10));
  await run();
  expect(told()).toEqual([['recovered', null, null]]);
});
