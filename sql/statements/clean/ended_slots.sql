-- Slots that are closed since before $1, and were looked at for alarms. The last one of each job stays: it tells how it
-- stands with the job.
select slot.slot_id as id, 1 as count, pg_column_size(slot.*) as bytes
from tally.slots as slot
join (select job, max(slot) as slot from tally.slots group by job) as last using (job)
where slot.finished_at < $1 and slot.watched and slot.slot < last.slot
