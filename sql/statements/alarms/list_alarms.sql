select
  alarm.alarm_id, alarm.kind, alarm.feed, alarm.agency, alarm.business_date::text, alarm.run_id, alarm.load_id,
  alarm.code, alarm.file_name, alarm.job, alarm.what, alarm.numbers, alarm.next_command, alarm.raised_at, alarm.recovered_at,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'channel', send.channel,
          'state', case
            when send.sent_at is not null then 'sent' when send.given_up_at is not null then 'given_up' else 'waiting'
          end,
          'attempts', send.attempts,
          'last_error', send.last_error
        )
        order by send.channel
      )
      from tally.alarm_sends as send
      where send.alarm_id = alarm.alarm_id
    ),
    '[]'
  ) as channels
from tally.alarms as alarm
where ($1::text is null or alarm.kind = $1)
  and (not $2 or (alarm.recovered_at is null and alarm.kind in ('failed', 'held', 'late')))
order by alarm.alarm_id desc
limit $3
