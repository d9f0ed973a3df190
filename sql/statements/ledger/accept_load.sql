update tally.loads
set outcome = 'loaded', live = $2, accepted_at = $3, code = null, message = $4
where load_id = $1
