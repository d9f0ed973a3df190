import { postJson } from '../postJson.js';
import { VERSION } from '../version.js';
import type { RaisedAlarm } from './alarm.js';
import type { Channel } from './channels.js';
import { textOf, titleOf } from './text.js';

/** JSON for programs: docs/alarms.md describes it. */
export function webhookChannel(url: string): Channel {
  return { tell: (alarms, limitMs) => postJson({ url }, documentOf(alarms), limitMs) };
}

/** What Slack, and those who take the same (Mattermost, Rocket.Chat, Discord with /slack), call an incoming webhook. */
export function slackChannel(url: string): Channel {
  return {
    tell: (alarms, limitMs) =>
      postJson({ url }, { text: `*${slackText(titleOf(alarms))}*\n${slackText(textOf(alarms))}` }, limitMs),
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
