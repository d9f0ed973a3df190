-- $1: an agency's table; $2: a version. The statements that make the indexes that someone has made on the table, and the
-- version has not.
with owned as (
  select
    indrelid, indisunique,
    substr(definition, strpos(definition, place) + length(place)) as method
  from pg_index
  join pg_class on pg_class.oid = indrelid
  cross join lateral (select pg_get_indexdef(indexrelid) as definition) as index
  cross join lateral (
    select format(
      ' ON %s%I.%I ', case when relkind = 'p' then 'ONLY ' end, relnamespace::regnamespace, relname
    ) as place
  ) as where_it_is
  where indrelid in (to_regclass($1), to_regclass($2))
)
select format('create %s index on %s %s', case when indisunique then 'unique' end, $2::text, method) as statement
from (
  select indisunique, method from owned where indrelid = to_regclass($1)
  except
  select indisunique, method from owned where indrelid = to_regclass($2)
) as missing
