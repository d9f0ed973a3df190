-- Runs without an outcome, or with a load without one; and the connection that holds the lock of the run, if any does.
select
  run.run_id, run.command, run.host, run.process_id, run.started_at,
  holder.pid,
  (
    select string_agg(format('load %s (%s, %s)', load_id, feed, file_name), ', ' order by load_id)
    from tally.loads as load
    where load.run_id = run.run_id and load.outcome is null
  ) as loads
from tally.runs as run
left join lateral (
  select pid
  from pg_locks
  where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = hashtextextended('tally run ' || run.run_id, 0)
  limit 1
) as holder on true
where run.outcome is null or run.run_id in (select run_id from tally.loads where outcome is null)
order by run.run_id
