update tally.loads
set outcome = 'loaded', report_due = true, messages_due = $2, live = $2, accepted_at = $3, code = null, message = $4
where load_id = $1
