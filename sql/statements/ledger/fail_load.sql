update tally.loads
set outcome = 'failed', code = $2, message = $3, finished_at = $4, seconds = $5,
    rows_read = 0, rows_loaded = 0, rows_invalid = 0, rows_repeated = 0
where load_id = $1 and outcome is null
