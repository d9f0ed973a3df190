import { printable } from '../printable.js';
import { VERSION } from '../version.js';
import type { RaisedAlarm } from './alarm.js';
import type { Channel } from './channels.js';
import { hideSecrets } from './hidden.js';
import { textOf, titleOf } from './text.js';

/** JSON for programs: docs/alarms.md describes it. */
export function webhookChannel(url: string): Channel {
  return { tell: (alarms, limitMs) => post(url, documentOf(alarms), limitMs) };
}

/** What Slack, and those who take the same (Mattermost, Rocket.Chat, Discord with /slack), call an incoming webhook. */
export function slackChannel(url: string): Channel {
  return {
    tell: (alarms, limitMs) =>
      post(url, { text: `*${slackText(titleOf(alarms))}*\n${slackText(textOf(alarms))}` }, limitMs),
  };
}

function documentOf(alarms: RaisedAlarm[]): unknown {
  return {
    source: 'tallyhouse',
    version: VERSION,
    title: titleOf(alarms),
    text: textOf(alarms),
    alarms: alarms.map((alarm) => ({
      ...alarm,
      alarm_id: Number(alarm.alarm_id),
      run_id: alarm.run_id === null ? null : Number(alarm.run_id),
      load_id: alarm.load_id === null ? null : Number(alarm.load_id),
    })),
  };
}

/** A name of a file must not call the whole channel. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const MOST_OF_ANSWER = 100;

async function post(url: string, document: unknown, limitMs: number): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  const { username, password } = new URL(url);
  const bare = new URL(url);
  bare.username = bare.password = '';
  let answer: Response;
  try {
    answer = await fetch(bare, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `tallyhouse/${VERSION}`,
        ...(username === '' ? {} : { authorization: basic(username, password) }),
      },
      body: JSON.stringify(document),
      // To follow would be to tell a stranger, and to turn POST into GET.
      redirect: 'manual',
      signal,
    });
    if (answer.ok) return void (await answer.body?.cancel());
  } catch (error) {
    throw new Error(hideSecrets(reasonOf(error, signal), url), { cause: error });
  }
  const said = hideSecrets(await answer.text().catch(() => ''), url);
  const shown = printable(said.slice(0, MOST_OF_ANSWER));
  throw new Error(`it answered ${answer.status}${shown ? `: ${shown}` : ''}`);
}

function basic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** fetch says only that it failed; why is in its cause, or in the first of several. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time';
  const { cause, message } = error as { cause?: { message?: string; errors?: Error[] }; message: string };
  return cause?.errors?.[0]?.message ?? (cause?.message || message);
}
