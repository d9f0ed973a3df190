export type AlarmKind = 'failed' | 'held' | 'late' | 'recovered' | 'invalid_share' | 'test';

/** Something that people are to be told, once: a row of tally.alarms. */
export interface Alarm {
  /** What it is about. */
  key: string;
  kind: AlarmKind;
  feed: string | null;
  agency: string | null;
  business_date: string | null;
  run_id: string | null;
  load_id: string | null;
  code: string | null;
  file_name: string | null;
  job: string | null;
  /** What happened, as a sentence. */
  what: string;
  numbers: Record<string, number | string | null>;
  /** The command to run next. */
  next_command: string | null;
}

export interface RaisedAlarm extends Alarm {
  alarm_id: string;
  raised_at: Date;
}
