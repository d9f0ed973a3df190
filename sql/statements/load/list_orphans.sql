-- Versions and tables of invalid rows whose load came to nothing: its process died between their commit and the one
-- that publishes them.
select relname as name
from pg_class
join tally.loads on load_id = substring(relname from '^(?:load|invalid)_(\d+)$')::bigint
where relnamespace = 'tally_version'::regnamespace
  and relkind = 'r'
  and outcome is not null
  and not exists (select from pg_inherits where inhrelid = pg_class.oid)
  and not exists (select from tally.versions where versions.load_id = loads.load_id and relname like 'load%')
