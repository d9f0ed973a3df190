select
  load_id, feed, agency, business_date::text, file_name, sha256, outcome, live, rows_read, rows_loaded, rows_invalid,
  rows_repeated, rows_fixed, rows_dismissed, compared_with, rows_added, rows_removed, rows_changed, seconds, code,
  message, started_at, finished_at, archived_as, archive_cleaned_at, invalid_cleaned_at, rolled_back_at
from load_history
where ($1::text is null or feed = $1)
  and ($2::text is null or agency = $2)
  and ($3::date is null or business_date = $3)
  and ($4::text is null or outcome = $4)
order by load_id desc
limit $5
