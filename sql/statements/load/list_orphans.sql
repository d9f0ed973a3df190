-- Tables of invalid rows whose load came to nothing: its process died between their commit and its own.
select relname as name
from pg_class
join tally.loads on load_id = substring(relname from '^invalid_(\d+)$')::bigint
where relnamespace = 'tally_version'::regnamespace
  and relkind = 'r'
  and relname ~ '^invalid_\d+$'
  and outcome is not null
  and not exists (select from pg_inherits where inhrelid = pg_class.oid)
