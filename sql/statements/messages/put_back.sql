-- $1: rows of messages; of each, $2: how many tries that makes; $3: waiting or parked; $4: not before then; $5: why.
update tally.outbox
set tries = back.tries, state = back.state, next_try_at = back.next_try_at, last_error = back.last_error
from unnest($1::bigint[], $2::integer[], $3::text[], $4::timestamptz[], $5::text[])
  as back (outbox_id, tries, state, next_try_at, last_error)
where outbox.outbox_id = back.outbox_id
