update tally.loads set rows_fixed = rows_fixed + $2 where load_id = $1
