-- The next $2 of those that have ended, with what the channels got of them.
with next as materialized (
  select id from ({{!ended}}) as ended order by id limit $2
),
sends as (
  delete from tally.alarm_sends where alarm_id in (select id from next)
),
gone as (
  delete from tally.alarms as row
  where alarm_id in (select id from next)
  returning pg_column_size(row.*) as bytes
)
select count(*) as count, coalesce(sum(bytes), 0) as bytes from gone
