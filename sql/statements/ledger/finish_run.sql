update tally.runs set finished_at = $2, outcome = $3 where run_id = $1
