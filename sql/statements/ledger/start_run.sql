insert into tally.runs (command, host, process_id, version, started_at) values ($1, $2, $3, $4, $5) returning run_id
