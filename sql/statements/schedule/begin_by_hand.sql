with slot as (
  insert into tally.slots (job, slot, by_hand, state, attempts, not_before, claimed_by, started_at)
  values ($1, $2, true, 'running', 1, $2, $3, $2)
  returning slot_id, slot, attempts, failures, by_hand
), run as (
  update tally.runs set slot_id = (select slot_id from slot) where run_id = $4
)
select * from slot
