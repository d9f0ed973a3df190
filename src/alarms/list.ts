import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import type { AlarmKind, RaisedAlarm } from './alarm.js';

export interface ListedAlarm extends Omit<RaisedAlarm, 'key'> {
  recovered_at: Date | null;
  channels: {
    channel: string;
    state: 'sent' | 'waiting' | 'given_up';
    attempts: number;
    last_error: string | null;
  }[];
}

export interface AlarmFilter {
  kind?: AlarmKind | undefined;
  /** Only trouble that is not over. */
  open?: boolean | undefined;
}

/** What people were told, or are to be: the latest first. */
export async function listAlarms(client: Client, filter: AlarmFilter, limit: number): Promise<ListedAlarm[]> {
  const values = [filter.kind, filter.open ?? false, limit];
  return (await client.query<ListedAlarm>(statement('alarms/list_alarms'), values)).rows;
}
