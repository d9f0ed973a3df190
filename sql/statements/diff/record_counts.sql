update tally.loads set compared_with = $2, rows_added = $3, rows_removed = $4, rows_changed = $5 where load_id = $1
