import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Alarm } from '../../src/alarms/alarm.js';
import { listAlarms } from '../../src/alarms/list.js';
import { sendTest, sendWaiting } from '../../src/alarms/send.js';
import { channelNames } from '../../src/alarms/channels.js';
import type { AlarmSettings } from '../../src/config.js';
import { openLog } from '../../src/log.js';
import { statement } from '../../src/warehouse/statements.js';
import { freePort, startHttp, startSmtp, type HttpReceiver, type SmtpReceiver } from '../setup/channels.js';
import { cloneWarehouse } from '../setup/warehouse.js';

const SECRET = 'hush-hush';
const QUICK = 300;
const PATIENT = 20_000;
const log = openLog({ workspace: '/', logLevel: 'off', logFormat: 'json', logTo: 'file' });

let http: HttpReceiver;
let smtp: SmtpReceiver;
let clients: pg.Client[];
let client: pg.Client;
let now: Date;
let settings: AlarmSettings;

beforeAll(async () => {
  http = await startHttp();
  smtp = await startSmtp({ password: SECRET });
  const url = await cloneWarehouse();
  clients = [1, 2, 3].map(() => new pg.Client(url));
  client = clients[0]!;
  // The database is dropped with whoever is still there.
  for (const each of clients) await each.on('error', () => {}).connect();
});
afterAll(async () => {
  for (const each of clients) await each.end();
});

beforeEach(async () => {
  await client.query('truncate tally.alarms restart identity cascade');
  now = new Date('2026-11-20T03:00:00Z');
  http.received = [];
  http.answer = { status: 200 };
  smtp.mails = [];
  smtp.refuseWith = undefined;
  settings = {
    webhookUrl: `http://me:${SECRET}@127.0.0.1:${http.port}/hook/${SECRET}`,
    slackUrl: http.url(`/services/${SECRET}`),
    mail: {
      smtpUrl: `smtp://me:${SECRET}@127.0.0.1:${smtp.port}`,
      from: 'tally@example.com',
      to: ['night@example.com', 'data@example.com'],
    },
    invalidShareRise: 5,
  };
});

const alarm = (key: string, given: Partial<Alarm> = {}): Alarm => ({
  key,
  kind: 'held',
  feed: 'customer_rating',
  agency: 'agency_b',
  business_date: '2026-11-20',
  run_id: null,
  load_id: null,
  code: 'guard_invalid_percent',
  file_name: 'b.csv',
  job: null,
  what: 'customer_rating of agency_b for 2026-11-20 is held: 61 % of 1,204 rows are invalid.',
  numbers: { rows_read: 1204, rows_invalid: 734 },
  next_command: 'tally invalid --load 41',
  ...given,
});

const raise = (...alarms: Alarm[]) =>
  client.query(statement('alarms/raise'), [JSON.stringify(alarms), now, channelNames(settings)]);

const send = (limitMs = PATIENT, asked = false, by = client) =>
  sendWaiting(
    { client: by, clock: { now: () => now }, config: { alarms: settings }, log },
    { limitMs, asked },
  );

const states = async () => {
  const alarms = await listAlarms(client, {}, 100);
  return Object.fromEntries(alarms.flatMap(({ channels }) => channels.map((each) => [each.channel, each])));
};

const minutesToNextAttempt = async () => {
  const { rows } = await client.query<{ minutes: string }>(
    'select extract(epoch from next_attempt_at - $1) / 60 as minutes from tally.alarm_sends',
    [now],
  );
  return Number(rows[0]!.minutes);
};

const later = (minutes: number) => (now = new Date(now.getTime() + minutes * 60_000));

describe('an alarm', () => {
  test('goes out once over each channel, with what happened, the numbers and the command to run next', async () => {
    await raise(alarm('load 41 held'));
    await raise(alarm('load 41 held'));
    expect(await send()).toEqual(
      ['webhook', 'slack', 'mail'].map((channel) => ({ channel, sent: 1, failed: 0, error: null })),
    );
    later(24 * 60);
    expect((await send()).every(({ sent, failed }) => sent + failed === 0)).toBe(true);

    const text =
      'HELD: customer_rating of agency_b for 2026-11-20 is held: 61 % of 1,204 rows are invalid.\n' +
      '  rows read 1,204, rows invalid 734\n  Next: tally invalid --load 41';
    const [hook, slack] = ['/hook/', '/services/'].map((path) =>
      http.received.filter((each) => each.path.startsWith(path)),
    );
    expect(hook).toMatchObject([
      {
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`,
        },
        body: {
          source: 'tallyhouse',
          title: 'Tallyhouse: customer_rating of agency_b held',
          text,
          alarms: [
            {
              alarm_id: 1,
              key: 'load 41 held',
              kind: 'held',
              feed: 'customer_rating',
              agency: 'agency_b',
              business_date: '2026-11-20',
              numbers: { rows_read: 1204, rows_invalid: 734 },
              next_command: 'tally invalid --load 41',
              raised_at: '2026-11-20T03:00:00.000Z',
            },
          ],
        },
      },
    ]);
    expect(slack!.map(({ body }) => body)).toEqual([
      { text: `*Tallyhouse: customer_rating of agency_b held*\n${text}` },
    ]);
    expect(smtp.mails).toMatchObject([
      { from: 'tally@example.com', to: ['night@example.com', 'data@example.com'] },
    ]);
    const mail = smtp.mails[0]!.text;
    expect(mail).toContain('Subject: Tallyhouse: customer_rating of agency_b held\r\n');
    expect(mail).toMatch(/^Message-ID: <tallyhouse\.1\.1\.\d+@example\.com>\r$/m);
    // Long lines are folded for the way, and unfolded by whoever shows the mail.
    expect(mail.replaceAll('=\r\n', '').replaceAll('\r\n', '\n')).toContain(text);
  });

  test('of a night on which nobody delivered is one of many in one mail, and none is left out', async () => {
    await raise(
      ...Array.from({ length: 45 }, (_, i) => alarm(`late ${i}`, { kind: 'late', agency: `agency_${i}` })),
    );
    expect((await send())[0]).toMatchObject({ sent: 45 });
    const told = http.received
      .filter(({ path }) => path.startsWith('/hook/'))
      .map(({ body }) => (body.alarms as { key: string }[]).map(({ key }) => key));
    expect(told.map((keys) => keys.length)).toEqual([20, 20, 5]);
    expect(told.flat()).toEqual(Array.from({ length: 45 }, (_, i) => `late ${i}`));
    expect(smtp.mails).toHaveLength(3);
    expect(smtp.mails[0]!.text).toContain('Subject: Tallyhouse: 20 late\r\n');
  });

  test('is taken at its word by no channel: names call nobody, and add no line', async () => {
    const file = 'x <!channel>\r\nBcc: all@example.com';
    await raise(alarm('odd', { what: `orders failed (${file})`, agency: 'a\r\nBcc: all@example.com' }));
    await send();
    const slack = http.received.find(({ path }) => path.startsWith('/services/'))!;
    expect(slack.body.text).toContain('x &lt;!channel&gt;\\r\\nBcc');
    expect(smtp.mails[0]!.to).toEqual(['night@example.com', 'data@example.com']);
    expect(smtp.mails[0]!.text).not.toMatch(/^Bcc/m);
  });
});

describe('a channel that fails', () => {
  test('holds up no other, and what it did not take is sent later, once', async () => {
    http.answer = { status: 503, body: `try later, /hook/${SECRET}` };
    await raise(alarm('one'));
    const first = await send();
    expect(first.map(({ channel, sent }) => [channel, sent])).toEqual([
      ['webhook', 0],
      ['slack', 0],
      ['mail', 1],
    ]);
    expect(await states()).toMatchObject({
      webhook: { state: 'waiting', attempts: 1, last_error: 'it answered 503: try later, ***' },
      mail: { state: 'sent', attempts: 1, last_error: null },
    });

    http.answer = { status: 200 };
    http.received = [];
    expect((await send()).every(({ sent, failed }) => sent + failed === 0)).toBe(true);
    later(1);
    expect((await send()).map(({ sent }) => sent)).toEqual([1, 1, 0]);
    expect(http.received).toHaveLength(2);
    expect(smtp.mails).toHaveLength(1);
    expect(await states()).toMatchObject({ webhook: { state: 'sent', attempts: 2, last_error: null } });
  });

  test('is tried less and less often, then given up, until someone asks', async () => {
    settings = { ...settings, slackUrl: undefined, mail: undefined };
    http.answer = { status: 500 };
    await raise(alarm('one'));
    const waits: number[] = [];
    for (let tries = 0; tries < 14; tries++) {
      if ((await send())[0]!.failed > 0) waits.push(await minutesToNextAttempt());
      later(360);
    }
    expect(waits).toEqual([1, 5, 15, 60, 360, 360, 360, 360, 360, 360, 360, 360]);
    expect(await states()).toMatchObject({ webhook: { state: 'given_up', attempts: 12 } });
    http.answer = { status: 200 };
    expect((await send())[0]).toMatchObject({ sent: 0 });
    expect((await send(PATIENT, true))[0]).toMatchObject({ sent: 1 });
    expect(await states()).toMatchObject({ webhook: { state: 'sent' } });
  });

  test('that never answers is left at the limit', async () => {
    http.answer = 'never';
    await raise(alarm('one'));
    const [webhook] = await send(QUICK);
    expect(webhook).toMatchObject({ sent: 0, failed: 1, error: 'no answer in time' });
  });

  test('that sends elsewhere is not followed', async () => {
    settings = { ...settings, slackUrl: undefined, mail: undefined };
    http.answer = { status: 302, location: http.url('/stranger') };
    await raise(alarm('one'));
    expect((await send())[0]!.error).toBe('it answered 302');
    expect(http.received).toHaveLength(1);
  });

  test('never tells its secrets: not a password, not the path of a hook', async () => {
    http.answer = { status: 404, body: `no ${settings.webhookUrl} and ${SECRET}` };
    settings.slackUrl = undefined;
    settings.mail = { ...settings.mail!, smtpUrl: `smtp://me:${SECRET}-wrong@127.0.0.1:${smtp.port}` };
    await raise(alarm('one'));
    const sent = await send();
    expect(sent.map(({ failed }) => failed)).toEqual([1, 1]);
    expect(sent[1]!.error).toMatch(/^Invalid login/);
    expect(JSON.stringify([sent, await states()])).not.toContain(SECRET);
  });

  test('that cannot be reached says so', async () => {
    const port = await freePort();
    settings = {
      ...settings,
      webhookUrl: `http://127.0.0.1:${port}/${SECRET}`,
      slackUrl: undefined,
      mail: { ...settings.mail!, smtpUrl: `smtp://127.0.0.1:${port}` },
    };
    expect((await sendTest(settings, { now: () => now }, PATIENT)).map(({ error }) => error)).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('ECONNREFUSED'),
    ]);
  });
});

test('two who send at once tell it once', async () => {
  await raise(alarm('one'), alarm('two'));
  await Promise.all(clients.map((each) => send(PATIENT, false, each)));
  const keys = http.received
    .filter(({ path }) => path.startsWith('/hook/'))
    .flatMap(({ body }) => (body.alarms as { key: string }[]).map(({ key }) => key));
  expect(keys.sort()).toEqual(['one', 'two']);
  expect(smtp.mails).toHaveLength(1);
});

test('who sends while another is just claiming gets what that one leaves, whole', async () => {
  settings = { ...settings, slackUrl: undefined, mail: undefined };
  await raise(alarm('one'), alarm('two'));
  const claiming = clients[1]!;
  await claiming.query('begin; select from tally.alarm_sends where alarm_id = 1 for update');
  const sent = send();
  let isSent = false;
  void sent.then(() => (isSent = true));
  const WAITING =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while (!isSent && (await clients[2]!.query(WAITING)).rowCount === 0);
  await claiming.query('rollback');
  expect((await sent)[0]).toMatchObject({ sent: 2 });
  expect(http.received.map(({ body }) => (body.alarms as unknown[]).length)).toEqual([2]);
});

test('what a process had claimed when it died is sent by the next, a minute later', async () => {
  await raise(alarm('one'));
  await client.query(statement('alarms/claim_sends'), ['webhook', now, 20, false]);
  expect((await send()).map(({ sent }) => sent)).toEqual([0, 1, 1]);
  later(1);
  expect((await send()).map(({ sent }) => sent)).toEqual([1, 0, 0]);
});

test('a test goes over each channel without the ledger', async () => {
  expect(await sendTest(settings, { now: () => now }, PATIENT)).toMatchObject([
    { channel: 'webhook', sent: 1 },
    { channel: 'slack', sent: 1 },
    { channel: 'mail', sent: 1 },
  ]);
  expect(http.received[0]!.body.title).toBe('Tallyhouse: test');
  expect(smtp.mails[0]!.text).toContain('This is a test');
});
