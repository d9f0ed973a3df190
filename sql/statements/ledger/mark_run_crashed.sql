with crashed as (
  update tally.runs set finished_at = now(), outcome = 'crashed' where run_id = $1 and outcome is null
)
update tally.loads
set finished_at = now(), outcome = 'failed', code = 'load_crashed',
    message = 'The process that ran it died. Nothing of it was kept; the next run loads the file again.',
    rows_read = 0, rows_loaded = 0, rows_invalid = 0, rows_repeated = 0
where run_id = $1 and outcome is null
returning load_id, feed, agency, file_name
