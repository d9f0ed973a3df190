update tally.loads set report_due = false where load_id = any($1::bigint[])
