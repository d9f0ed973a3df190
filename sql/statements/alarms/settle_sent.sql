update tally.alarm_sends
set sent_at = $3, claimed_until = null, last_error = null
where channel = $1 and alarm_id = any($2::bigint[])
