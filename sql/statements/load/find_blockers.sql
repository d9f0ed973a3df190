-- Who holds a lock on one of these relations, the longest first.
select
  a.pid,
  a.usename as "user",
  a.application_name as application,
  extract(epoch from now() - coalesce(a.xact_start, a.query_start))::int as seconds,
  left(regexp_replace(a.query, '\s+', ' ', 'g'), 120) as query
from pg_locks l
join pg_stat_activity a on a.pid = l.pid
where l.relation = any(array(select to_regclass(name) from unnest($1::text[]) as name)::oid[])
  and l.granted
  and l.pid <> pg_backend_pid()
group by a.pid, a.usename, a.application_name, a.xact_start, a.query_start, a.query
order by seconds desc nulls last
limit 3
