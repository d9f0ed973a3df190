update tally.slots set watched = true where slot_id = any($1::bigint[])
