-- Only if nobody has said meanwhile what came of this attempt.
update tally.slots
set state = $3, attempts = $4, failures = $5, not_before = coalesce($6, not_before), claimed_until = null,
  finished_at = $7, code = $8, message = $9
where slot_id = $1 and attempts = $2 and state in ('waiting', 'running')
returning slot_id
