update tally.runs set errors = $2 where run_id = $1 and outcome is null
