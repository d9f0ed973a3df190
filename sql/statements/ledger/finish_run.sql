update tally.runs set finished_at = $2, outcome = $3, errors = $4 where run_id = $1
