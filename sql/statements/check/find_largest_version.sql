select coalesce(max(pg_total_relation_size(oid)), 0) as bytes
from pg_class
where relnamespace = to_regnamespace('tally_version') and relkind = 'r'
