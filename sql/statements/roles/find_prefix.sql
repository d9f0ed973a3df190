-- What the names of the roles begin with, where `tally db roles` has made them: the ledger belongs to one that nobody logs in as.
select regexp_replace(rolname, '_owner$', '') as prefix
from pg_namespace
join pg_roles on pg_roles.oid = nspowner
where nspname = 'tally' and not rolcanlogin and rolname ~ '_owner$'
