import type { AlarmSettings } from '../config.js';
import type { RaisedAlarm } from './alarm.js';

/** A way to tell people. It has told all of the alarms within the limit, or throws an error without secrets. */
export interface Channel {
  tell(alarms: RaisedAlarm[], limitMs: number): Promise<void>;
}

export type ChannelName = 'webhook' | 'slack' | 'mail';

/** The channels that are set. */
export function channelNames({ webhookUrl, slackUrl, mail }: AlarmSettings): ChannelName[] {
  return [
    ...(webhookUrl === undefined ? [] : (['webhook'] as const)),
    ...(slackUrl === undefined ? [] : (['slack'] as const)),
    ...(mail === undefined ? [] : (['mail'] as const)),
  ];
}

/** Imported when there is something to tell: most commands have nothing. */
export async function openChannel(name: ChannelName, settings: AlarmSettings): Promise<Channel> {
  if (name === 'mail') {
    const { mailChannel } = await import('./mail.js');
    return mailChannel(settings.mail!);
  }
  const { slackChannel, webhookChannel } = await import('./webhook.js');
  return name === 'slack' ? slackChannel(settings.slackUrl!) : webhookChannel(settings.webhookUrl!);
}
