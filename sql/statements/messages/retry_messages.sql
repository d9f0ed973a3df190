-- $1: the destination, null for all; $2: the message, null for all. Those that only wait for their next try go at once too.
update tally.outbox set state = 'waiting', tries = 0, next_try_at = null
where ($1::text is null or destination = $1) and ($2::uuid is null or message_id = $2)
  and (state = 'parked' or next_try_at is not null)
