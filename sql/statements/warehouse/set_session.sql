-- How dates are read, days begin and names are found, whatever the server or the role says.
select
  set_config('datestyle', 'ISO, YMD', false),
  set_config('timezone', 'UTC', false),
  set_config('client_encoding', 'UTF8', false),
  set_config('search_path', 'public', false),
  -- A command whose machine went away is noticed in two minutes, not two hours: until then it holds its locks.
  set_config('tcp_keepalives_idle', '60', false),
  set_config('tcp_keepalives_interval', '10', false),
  set_config('tcp_keepalives_count', '6', false);

-- What a load makes belongs to the loaders, whoever runs it, where `tally db roles` has made them: else another could
-- neither exchange nor drop it.
select set_config('role', loader.rolname, false)
from pg_class
join pg_roles as loader on loader.oid = relowner
where pg_class.oid = to_regclass('public.file_invalid_rows')
  and not loader.rolcanlogin
  and pg_has_role(session_user, loader.oid, 'member');

-- A command that was killed is noticed within seconds, in the middle of a statement too; not every system can tell.
do $$
begin
  perform set_config('client_connection_check_interval', '2s', false);
exception when others then
  null;
end
$$;
