update tally.slots
set claimed_by = $3, claimed_until = now() + make_interval(secs => $4)
where slot_id = $1 and attempts = $2 and state = 'waiting'
  and (claimed_until is null or claimed_until < now())
returning slot_id
