import { beforeAll, expect, test } from '@jest/globals';
import { startHttp, startSmtp, type HttpReceiver, type SmtpReceiver } from '../setup/channels.js';
import { createWorkspace, type Ran, type Workspace } from '../setup/workspace.js';
import { documentOf } from './ran.js';

const SECRET = 'hush-hush-hush';

let workspace: Workspace;
let http: HttpReceiver;
let smtp: SmtpReceiver;
let env: Record<string, string>;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('agencies.yaml', 'agencies: {}\n');
  http = await startHttp();
  smtp = await startSmtp({ password: SECRET });
  env = {
    TALLY_ALARM_WEBHOOK_URL: http.url(`/${SECRET}`),
    TALLY_ALARM_SMTP_URL: `smtp://me:${SECRET}@127.0.0.1:${smtp.port}`,
    TALLY_ALARM_MAIL_FROM: 'tally@example.com',
    TALLY_ALARM_MAIL_TO: 'night@example.com',
  };
});

const tally = (...args: string[]): Promise<Ran> => workspace.tally(args, { env });

test('without a channel nobody can be told, and that is said', async () => {
  const ran = await workspace.tally(['alarms', 'test']);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('No channel is set, so nobody is told.');
  expect((await workspace.tally(['alarms'])).stdout).toBe('No alarms.\n');
});

test('a run tells at its end, shows what waits, and sends it when asked', async () => {
  smtp.refuseWith = 'no room today';
  workspace.write('inbox/orders_20261120.csv', '');
  workspace.write('agencies.yaml', 'default: agency_a\nagencies:\n  agency_a: { name: Agency A }\n');
  workspace.write(
    'feeds/customer_rating.yaml',
    workspace.read('feeds/customer_rating.yaml').replace(/^cadence.*$/m, ''),
  );
  const ran = await tally('run');
  expect(ran.code).toBe(1);
  expect(http.received).toHaveLength(1);

  const listed = await tally('alarms');
  expect(listed.stdout).toContain(
    'failed\n       orders of agency_a for 2026-11-20 failed: The file is empty',
  );
  expect(listed.stdout).toContain('       Next: tally run\n');
  expect(listed.stdout).toMatch(/mail: waiting, tried 1 x: .*no room today/);
  expect(listed.stdout).toContain('webhook: sent');
  expect(documentOf(await tally('alarms', 'list', '--open', '--kind', 'held', '--json'))).toEqual([]);

  const failing = await tally('alarms', 'send');
  expect(failing.code).toBe(1);
  expect(failing.stdout).toMatch(/^mail: 1 alarm not sent: .*no room today/m);
  smtp.refuseWith = undefined;
  const sent = await tally('alarms', 'send');
  expect([sent.code, sent.stdout]).toEqual([0, 'mail: 1 alarm sent\n']);
  expect((await tally('alarms', 'send')).stdout).toBe('Nothing waits to be sent.\n');
  expect(smtp.mails).toHaveLength(1);

  const log = workspace.read('.tally/tally.log');
  expect(log).toContain('no room today');
  expect([ran, listed, failing].map(({ stdout, stderr }) => stdout + stderr).join() + log).not.toContain(
    SECRET,
  );
});

test('a test goes over every channel', async () => {
  const ran = await tally('alarms', 'test');
  expect([ran.code, ran.stdout]).toEqual([0, 'webhook: 1 alarm sent\nmail: 1 alarm sent\n']);
});
