-- $2: the message; $3: how many tries that makes; $4: waiting or parked; $5: not before then; $6: why.
update tally.outbox set tries = $3, state = $4, next_try_at = $5, last_error = $6
where destination = $1 and message_id = $2
