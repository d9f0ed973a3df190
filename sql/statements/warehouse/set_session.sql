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

-- A command that was killed is noticed within seconds, in the middle of a statement too; not every system can tell.
do $$
begin
  perform set_config('client_connection_check_interval', '2s', false);
exception when others then
  null;
end
$$;
