-- In the order in which they are claimed, so that nobody waits in a circle.
update tally.alarm_sends as send
set claimed_until = null, last_error = $4, given_up_at = case when attempts >= $5 then $3::timestamptz end
from (
  select alarm_id, channel
  from tally.alarm_sends
  where channel = $1 and alarm_id = any($2::bigint[])
  order by alarm_id
  for update
) as told
where send.alarm_id = told.alarm_id and send.channel = told.channel
