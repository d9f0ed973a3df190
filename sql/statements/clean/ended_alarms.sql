-- Alarms of before $1 that are over, and that wait for no channel.
select alarm.alarm_id as id, 1 as count, pg_column_size(alarm.*) as bytes
from tally.alarms as alarm
where greatest(alarm.raised_at, alarm.recovered_at) < $1
  and (alarm.recovered_at is not null or alarm.kind in ('recovered', 'invalid_share'))
  and not exists (
    select from tally.alarm_sends as send
    where send.alarm_id = alarm.alarm_id and send.sent_at is null and send.given_up_at is null
  )
