update tally.loads set watched = true where load_id = any($1::bigint[])
