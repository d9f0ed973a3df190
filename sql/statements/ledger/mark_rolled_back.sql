update tally.loads set rolled_back_at = $2 where load_id = $1
