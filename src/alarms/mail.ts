import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { AlarmSettings } from '../config.js';
import { hideSecrets } from '../postJson.js';
import type { RaisedAlarm } from './alarm.js';
import type { Channel } from './channels.js';
import { textOf, titleOf } from './text.js';

/** One mail for all alarms that wait. Sent again, it has the same Message-ID: many servers keep one of the two. */
export function mailChannel({ smtpUrl, from, to }: NonNullable<AlarmSettings['mail']>): Channel {
  return {
    async tell(alarms, limitMs) {
      const transport = createTransport({
        url: smtpUrl,
        disableFileAccess: true,
        disableUrlAccess: true,
        // What is given up at the limit must not keep the process much longer either.
        connectionTimeout: limitMs,
        greetingTimeout: limitMs,
        socketTimeout: limitMs,
      });
      const limit = new AbortController();
      const sent = transport.sendMail({
        from,
        to,
        subject: titleOf(alarms),
        text: `${textOf(alarms)}\n`,
        messageId: `<${idOf(alarms)}@${from.split('@')[1]}>`,
      });
      try {
        await Promise.race([sent, tooLate(limitMs, limit.signal)]);
      } catch (error) {
        sent.catch(() => {});
        throw new Error(hideSecrets((error as Error).message, { url: smtpUrl }), { cause: error });
      } finally {
        limit.abort();
        transport.close();
      }
    },
  };
}

function idOf(alarms: RaisedAlarm[]): string {
  const [first, last] = [alarms[0]!, alarms.at(-1)!];
  return `tallyhouse.${first.alarm_id}.${last.alarm_id}.${first.raised_at.getTime()}`;
}

async function tooLate(limitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(limitMs, undefined, { signal }).catch(() => {});
  if (!signal.aborted) throw new Error('no answer in time');
}
