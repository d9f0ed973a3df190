-- Slots of the schedule that were closed and not looked at yet.
select slot_id, job, slot, by_hand, state, attempts, code, message
from tally.slots
where not watched and finished_at is not null
order by slot_id
limit 1000
for update skip locked
