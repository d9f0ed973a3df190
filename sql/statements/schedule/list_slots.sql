select
  slot.slot_id, slot.job, slot.slot, slot.by_hand, slot.state, slot.attempts, slot.failures, slot.not_before,
  slot.started_at, slot.finished_at, slot.code, slot.message, max(run.run_id) as run_id
from tally.slots as slot
left join tally.runs as run using (slot_id)
where ($1::text is null or slot.job = $1)
  and ($2::text is null or slot.state = $2)
  and ($3::bigint is null or slot.slot_id = $3)
group by slot.slot_id
order by slot.slot desc, slot.slot_id desc
limit $4
