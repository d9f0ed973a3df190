import { beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTelling } from '../../src/run/telling.js';
import { startHttp, type HttpReceiver } from '../setup/channels.js';
import { onServer } from '../setup/warehouse.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

let workspace: Workspace;
let http: HttpReceiver;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('agencies.yaml', 'agencies:\n  agency_b: { name: Agency B }\n');
  workspace.now = new Date('2026-11-20T05:00:00Z');
  workspace.write(
    'inbox/customer_rating_agency_b_20261119.csv',
    'customer_number,customer_rating,customer_rating_limit,customer_status\n1,1,100,new\n',
  );
  await workspace.run();
  http = await startHttp();
});

const kinds = () =>
  http.received.flatMap(({ body }) => (body.alarms as { kind: string }[]).map(({ kind }) => kind));

/** Asks again until it is so, or too late. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 50_000; !isSo() && Date.now() < end;) await sleep(50);
}

test('a service notices what is late although nothing runs, and goes on after a time without a database', async () => {
  const config = workspace.config({ TALLY_ALARM_WEBHOOK_URL: http.url('/'), TALLY_LOG_LEVEL: 'warn' });
  const telling = startTelling({ config, clock: { now: () => workspace.now } }, 50);
  try {
    workspace.now = new Date('2026-11-20T06:00:00Z');
    await until(() => kinds().includes('late'));

    const name = new URL(workspace.url).pathname.slice(1);
    await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    workspace.now = new Date('2026-11-21T06:00:00Z');
    await until(() => kinds().length === 2);
  } finally {
    await telling.close();
  }
  expect(kinds()).toEqual(['late', 'late']);
});
