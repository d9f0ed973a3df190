-- Runs that have ended and were not looked at yet. What a failed load says need not be said of its run again, nor what
-- the slot says of which it was the last attempt.
select
  run.run_id, run.command, run.outcome, run.errors, slot.job,
  coalesce(slot.state = 'failed' and not slot.by_hand, false) as has_failed_slot,
  exists (
    select from tally.loads as load where load.run_id = run.run_id and load.outcome = 'failed'
  ) as has_failed_loads
from tally.runs as run
left join tally.slots as slot using (slot_id)
where not run.watched and run.outcome is not null
order by run.run_id
limit 1000
for update of run skip locked
