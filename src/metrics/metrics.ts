/** Every metric of ours: docs/observing.md and the Grafana dashboard name them. */
export const METRICS = {
  tally_database_up: { type: 'gauge', labels: [], help: 'Whether the database answered this scrape' },
  tally_runs_total: { type: 'counter', labels: ['command', 'outcome'], help: 'Runs that have ended' },
  tally_runs_going_on: { type: 'gauge', labels: [], help: 'Runs that have not ended' },
  tally_last_run_timestamp_seconds: {
    type: 'gauge',
    labels: ['command'],
    help: 'When the last run of a command ended',
  },
  tally_last_run_seconds: { type: 'gauge', labels: ['command'], help: 'How long that run took' },
  tally_loads_total: {
    type: 'counter',
    labels: ['feed', 'agency', 'outcome'],
    help: 'Loads that have ended; agency is empty where a file did not say whose it is',
  },
  tally_load_seconds_total: {
    type: 'counter',
    labels: ['feed', 'agency'],
    help: 'How long all loads together took',
  },
  tally_last_load_seconds: {
    type: 'gauge',
    labels: ['feed', 'agency'],
    help: 'How long the last load took that was loaded or held',
  },
  tally_rows_total: {
    type: 'counter',
    labels: ['feed', 'agency', 'fate'],
    help: 'Rows of loads that were published, by what became of them: loaded or invalid',
  },
  tally_invalid_share_ratio: {
    type: 'gauge',
    labels: ['feed', 'agency'],
    help: 'Invalid rows among all rows of the last load that was loaded or held, from 0 to 1',
  },
  tally_last_good_load_timestamp_seconds: {
    type: 'gauge',
    labels: ['feed', 'agency'],
    help: 'When the last good load ended: loaded or unchanged',
  },
  tally_lag_days: {
    type: 'gauge',
    labels: ['feed', 'agency'],
    help: 'How many days the last business date is behind the one that should be there; only where the feed has a cadence',
  },
  tally_agency_state: {
    type: 'gauge',
    labels: ['feed', 'agency', 'state'],
    help: '1 for the state that it is in: fresh, late, missing, held or failed',
  },
  tally_alarms_total: { type: 'counter', labels: ['kind'], help: 'Alarms that were raised' },
  tally_alarms_open: { type: 'gauge', labels: ['kind'], help: 'Trouble that is not over' },
  tally_alarms_waiting: {
    type: 'gauge',
    labels: ['channel'],
    help: 'Alarms that a channel has not taken yet, or never will',
  },
} as const satisfies Record<string, { type: 'counter' | 'gauge'; labels: readonly string[]; help: string }>;

export type MetricName = keyof typeof METRICS;

export interface Sample {
  metric: MetricName;
  labels: Record<string, string>;
  value: number;
}
