-- How dates are read, days begin and names are found, whatever the server or the role says.
select
  set_config('datestyle', 'ISO, YMD', false),
  set_config('timezone', 'UTC', false),
  set_config('client_encoding', 'UTF8', false),
  set_config('search_path', 'public', false)
