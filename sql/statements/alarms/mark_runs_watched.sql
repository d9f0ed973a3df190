update tally.runs set watched = true where run_id = any($1::bigint[])
