-- The next alarms to send over a channel, oldest first. The attempt is counted before it is made, and the time of the
-- next is set: so a process that dies over it neither loses an alarm nor tries for ever. $4: someone has asked, and
-- does not wait for that time. Who comes at the same moment waits for the first row, not passing over it: else two would
-- share what one of them is to tell at once.
update tally.alarm_sends as send
set
  attempts = send.attempts + 1,
  claimed_until = $2::timestamptz + interval '1 minute',
  next_attempt_at = $2::timestamptz
    + (array[1, 5, 15, 60, 360])[least(send.attempts + 1, 5)] * interval '1 minute',
  given_up_at = null
from (
  select alarm_id, channel
  from tally.alarm_sends
  where channel = $1 and sent_at is null
    and (claimed_until is null or claimed_until <= $2)
    and ($4 or (given_up_at is null and next_attempt_at <= $2))
  order by alarm_id
  limit $3
  for update
) as next
join tally.alarms as alarm using (alarm_id)
where send.alarm_id = next.alarm_id and send.channel = next.channel
returning
  alarm.alarm_id, alarm.key, alarm.kind, alarm.feed, alarm.agency, alarm.business_date::text, alarm.run_id,
  alarm.load_id, alarm.code, alarm.file_name, alarm.job, alarm.what, alarm.numbers, alarm.next_command, alarm.raised_at
