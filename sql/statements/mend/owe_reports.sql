update tally.loads set report_due = true, messages_due = true where load_id = any($1::bigint[])
