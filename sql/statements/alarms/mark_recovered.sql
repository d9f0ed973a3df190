update tally.alarms set recovered_at = $2 where alarm_id = any($1::bigint[]) and recovered_at is null
