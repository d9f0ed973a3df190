-- Who holds a lock on a table of ours and has done nothing for a while: a load could not be published past them.
select
  activity.pid, activity.usename as "user", activity.application_name as application,
  extract(epoch from clock_timestamp() - activity.state_change)::int as seconds,
  null as gid
from pg_stat_activity as activity
where activity.datname = current_database()
  and activity.state like 'idle in transaction%'
  and clock_timestamp() - activity.state_change > make_interval(secs => $1)
  and exists (
    select
    from pg_locks as held
    join pg_class as relation on relation.oid = held.relation
    where held.pid = activity.pid and held.granted
      and relation.relnamespace::regnamespace::text in ('public', 'tally', 'tally_version')
  )
union all
select null, owner, null, extract(epoch from clock_timestamp() - prepared)::int, gid
from pg_prepared_xacts
where database = current_database() and clock_timestamp() - prepared > make_interval(secs => $1)
order by seconds desc
