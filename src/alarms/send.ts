import type { Clock } from '../clock.js';
import type { AlarmSettings, Config } from '../config.js';
import type { Log } from '../log.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import type { RaisedAlarm } from './alarm.js';
import { channelNames, openChannel, type ChannelName } from './channels.js';

export interface SendContext {
  client: Client;
  clock: Clock;
  config: Pick<Config, 'alarms'>;
  log: Log;
}

export interface SendOptions {
  /** How long it may take at most: what has no answer by then waits for whoever sends next. */
  limitMs: number;
  /** Someone asked: what waits for its next attempt, or was given up, is tried too. */
  asked?: boolean;
}

export interface Sent {
  channel: ChannelName;
  sent: number;
  failed: number;
  error: string | null;
}

/** So many alarms are told at once: a night on which nobody delivered is one mail, not forty. */
const AT_ONCE = 20;
/** After about two days. */
const MOST_ATTEMPTS = 12;

/** Sends what waits, over all channels at once: one that hangs does not keep the others from telling. */
export async function sendWaiting(context: SendContext, options: SendOptions): Promise<Sent[]> {
  const names = channelNames(context.config.alarms);
  const ask = inTurn(context.client);
  return Promise.all(names.map((name) => sendOver({ ...context, ask }, name, options)));
}

type Ask = (sql: string, values: unknown[]) => Promise<RaisedAlarm[]>;

/** One connection takes one question at a time, however many channels ask. */
function inTurn(client: Client): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (sql, values) => {
    const asked = last.then(async () => (await client.query<RaisedAlarm>(sql, values)).rows);
    last = asked.catch(() => {});
    return asked;
  };
}

async function sendOver(
  { ask, clock, config, log }: SendContext & { ask: Ask },
  name: ChannelName,
  { limitMs, asked = false }: SendOptions,
): Promise<Sent> {
  const end = Date.now() + limitMs;
  const result: Sent = { channel: name, sent: 0, failed: 0, error: null };
  for (let left = limitMs; left > 0 && result.error === null; left = end - Date.now()) {
    const values = [name, clock.now(), AT_ONCE, asked];
    const rows = await ask(statement('alarms/claim_sends'), values);
    if (rows.length === 0) break;
    const alarms = rows.sort((a, b) => Number(a.alarm_id) - Number(b.alarm_id));
    const ids = alarms.map(({ alarm_id }) => alarm_id);
    result.error = await tell(name, config.alarms, alarms, left);
    if (result.error === null) {
      result.sent += alarms.length;
      await ask(statement('alarms/settle_sent'), [name, ids, clock.now()]);
    } else {
      result.failed += alarms.length;
      log.warn('alarms not sent', { channel: name, alarms: ids, error: result.error });
      const given = [name, ids, clock.now(), result.error, MOST_ATTEMPTS];
      await ask(statement('alarms/settle_failed'), given);
    }
  }
  return result;
}

/** Tells over each channel that is set, without the ledger, that it works. */
export async function sendTest(settings: AlarmSettings, clock: Clock, limitMs: number): Promise<Sent[]> {
  const test: RaisedAlarm = {
    alarm_id: '0',
    key: `test ${clock.now().toISOString()}`,
    kind: 'test',
    feed: null,
    agency: null,
    business_date: null,
    run_id: null,
    load_id: null,
    code: null,
    file_name: null,
    job: null,
    what: 'This is a test: nothing has happened, and alarms come this way.',
    numbers: {},
    next_command: 'tally status',
    raised_at: clock.now(),
  };
  return Promise.all(
    channelNames(settings).map(async (channel) => {
      const error = await tell(channel, settings, [test], limitMs);
      return { channel, sent: error === null ? 1 : 0, failed: error === null ? 0 : 1, error };
    }),
  );
}

async function tell(
  name: ChannelName,
  settings: AlarmSettings,
  alarms: RaisedAlarm[],
  limitMs: number,
): Promise<string | null> {
  try {
    const channel = await openChannel(name, settings);
    await channel.tell(alarms, limitMs);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
