update tally.alarm_sends
set claimed_until = null, last_error = $4, given_up_at = case when attempts >= $5 then $3::timestamptz end
where channel = $1 and alarm_id = any($2::bigint[])
