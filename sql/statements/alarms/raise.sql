-- Writes alarms down that were not told yet, and for each channel that is set that they are to be sent.
with raised as (
  insert into tally.alarms (
    key, kind, feed, agency, business_date, run_id, load_id, code, file_name, job, what, numbers,
    next_command, raised_at
  )
  select
    key, kind, feed, agency, business_date, run_id, load_id, code, file_name, job, what, numbers, next_command, $2
  from jsonb_to_recordset($1::jsonb) as alarm (
    key text, kind text, feed text, agency text, business_date date, run_id bigint, load_id bigint, code text,
    file_name text, job text, what text, numbers jsonb, next_command text
  )
  on conflict (key) do nothing
  returning alarm_id
),
to_send as (
  insert into tally.alarm_sends (alarm_id, channel, next_attempt_at)
  select alarm_id, channel, $2
  from raised
  cross join unnest($3::text[]) as channel
)
select count(*) as raised from raised
