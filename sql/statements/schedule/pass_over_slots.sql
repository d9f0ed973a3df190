-- One that was begun has failed; one that was not is missed. $4: whether people are to be told.
update tally.slots
set state = case when attempts = 0 then 'missed' else 'failed' end, finished_at = $2, claimed_until = null,
  code = coalesce(code, 'missed'),
  message = concat_ws(' ', message, $3::text),
  watched = not $4
where slot_id = any ($1) and state = 'waiting'
returning job, slot, state
