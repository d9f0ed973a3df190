/**
 * An operating failure, as opposed to a row's reason: something that the program, its surroundings or its
 * configuration could not do. Every code stands once in this table, with the exit code of the command that
 * meets it and whether a load that failed with it is tried again by the next run without being asked.
 */
const CODES = {
  // usage and configuration: exit 2
  usage: { exit: 2, retry: true },
  config_invalid: { exit: 2, retry: true },
  feed_invalid: { exit: 2, retry: true },
  agencies_invalid: { exit: 2, retry: true },
  schedule_invalid: { exit: 2, retry: true },
  destinations_invalid: { exit: 2, retry: true },
  no_workspace: { exit: 2, retry: true },
  unknown_feed: { exit: 2, retry: true },
  unknown_agency: { exit: 2, retry: true },
  unknown_load: { exit: 2, retry: true },
  unknown_report: { exit: 2, retry: true },
  unknown_job: { exit: 2, retry: true },
  not_held: { exit: 2, retry: true },
  not_correctable: { exit: 2, retry: true },
  not_comparable: { exit: 2, retry: true },
  file_exists: { exit: 2, retry: true },

  // the database
  database_unreachable: { exit: 1, retry: true },
  database_refused: { exit: 1, retry: true },
  database_too_old: { exit: 1, retry: true },
  database_unsuitable: { exit: 1, retry: true },
  database_lost: { exit: 1, retry: true },
  database_error: { exit: 1, retry: true },
  embedded_failed: { exit: 1, retry: true },
  feed_changed: { exit: 1, retry: true },
  sql_invalid: { exit: 1, retry: true },

  // a file that is refused as a whole: it stays where it is, and is not tried again until it changes
  file_missing: { exit: 1, retry: true },
  file_unreadable: { exit: 1, retry: true },
  file_changed: { exit: 1, retry: true },
  file_not_regular: { exit: 1, retry: false },
  file_empty: { exit: 1, retry: false },
  file_encoding: { exit: 1, retry: false },
  file_container: { exit: 1, retry: false },
  file_truncated: { exit: 1, retry: false },
  file_damaged: { exit: 1, retry: false },
  file_unpacks_too_large: { exit: 1, retry: false },
  file_unnamed: { exit: 2, retry: true },
  manifest_invalid: { exit: 1, retry: true },
  // tried again as soon as the manifest is another
  manifest_differs: { exit: 1, retry: false },
  header_missing_column: { exit: 1, retry: false },
  header_duplicate: { exit: 1, retry: false },
  header_malformed: { exit: 1, retry: false },
  row_too_long: { exit: 1, retry: false },
  json_malformed: { exit: 1, retry: false },

  // S3
  s3_unreachable: { exit: 1, retry: true },
  s3_refused: { exit: 1, retry: true },

  // the load
  rows_unbalanced: { exit: 1, retry: true },
  load_busy: { exit: 1, retry: true },
  load_crashed: { exit: 1, retry: true },
  publish_blocked: { exit: 1, retry: true },
  no_previous_version: { exit: 1, retry: true },
  rollback_unsupported: { exit: 2, retry: true },
  interrupted: { exit: 1, retry: true },
  output_unwritable: { exit: 1, retry: true },
  report_unavailable: { exit: 1, retry: true },

  // corrections
  sheet_malformed: { exit: 1, retry: true },
  correction_held: { exit: 3, retry: true },

  // a job of the schedule
  job_busy: { exit: 1, retry: true },
  job_timed_out: { exit: 1, retry: true },
  job_crashed: { exit: 1, retry: true },

  // messages
  unknown_destination: { exit: 2, retry: true },
  destination_down: { exit: 1, retry: true },
  messages_parked: { exit: 3, retry: true },
  messages_busy: { exit: 3, retry: true },

  // the service
  port_taken: { exit: 1, retry: true },

  // a backfill
  archive_differs: { exit: 1, retry: true },

  // a verification
  warehouse_differs: { exit: 1, retry: false },
  not_verifiable: { exit: 3, retry: false },

  // whatever nobody thought of
  unexpected: { exit: 1, retry: true },
} as const;

export type ErrorCode = keyof typeof CODES;

export interface ErrorDetails {
  /** What to do next, as a sentence or a command. */
  hint?: string;
  cause?: unknown;
}

export class TallyError extends Error {
  override name = 'TallyError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return CODES[this.code].exit;
  }
}

/** The codes after which a delivery is left alone until it changes or someone asks. */
export const FINAL_CODES: readonly ErrorCode[] = (Object.keys(CODES) as ErrorCode[]).filter(
  (code) => !CODES[code].retry,
);

export const ERROR_CODES = CODES;
