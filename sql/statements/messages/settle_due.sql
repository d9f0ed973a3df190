update tally.loads set messages_due = false where load_id = any($1::bigint[])
