update tally.slots set claimed_until = null
where slot_id = $1 and attempts = $2 and state = 'waiting' and claimed_by = $3
