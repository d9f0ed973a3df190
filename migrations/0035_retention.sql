-- What is cleaned after its time says when that was; the counts stay.

alter table tally.deliveries add column archive_cleaned_at timestamptz;
comment on column tally.deliveries.archive_cleaned_at is 'When the archive let go of its file (TALLY_KEEP_ARCHIVE_DAYS); empty while it is kept, or if it never lay there.';
comment on column tally.deliveries.archived_as is 'Where the file lies now, below the archive folder, or as s3:// where it lies elsewhere; empty while it is not archived, and when it was cleaned.';

alter table tally.loads add column invalid_cleaned_at timestamptz;
comment on column tally.loads.invalid_cleaned_at is 'When its rows in file_invalid_rows were cleaned (TALLY_KEEP_INVALID_DAYS); how many there were stays.';
comment on column tally.loads.rows_invalid is 'Rows that went into file_invalid_rows, whatever became of them since: see rows_fixed, rows_dismissed and invalid_cleaned_at.';
