-- One that was begun has failed; one that was not is missed.
update tally.slots
set state = case when attempts = 0 then 'missed' else 'failed' end, finished_at = $2, claimed_until = null,
  code = coalesce(code, 'missed'),
  message = concat_ws(' ', message, $3::text)
where slot_id = any ($1) and state = 'waiting'
returning job, slot, state
