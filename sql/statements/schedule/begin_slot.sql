with slot as (
  update tally.slots
  set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, $2),
    claimed_by = $3, claimed_until = null
  where slot_id = $1 and job = $5 and state = 'waiting'
  returning slot_id, slot, attempts, failures, by_hand
), run as (
  update tally.runs set slot_id = $1 where run_id = $4 and exists (select from slot)
)
select * from slot
