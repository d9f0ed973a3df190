-- $1: feeds. The statements that tell the planner of the tables over all agencies, and of each agency's above its version:
-- of those that a view joins with another, if they are of these feeds or nothing was told of their rows yet. Before
-- PostgreSQL 18 the versions below cannot be left out.
with recursive own as (
  select feed, to_regclass(format('public.%I', feed))::oid as table_id
  from tally.feeds
  union all
  select own.feed, pg_inherits.inhrelid
  from own
  join pg_inherits on inhparent = table_id
  where exists (select from pg_class where oid = inhrelid and relnamespace = 'public'::regnamespace)
),
-- What reads a table: itself, its views, and the views on those.
reading as (
  select table_id, table_id as relation_id from own
  union
  select reading.table_id, pg_rewrite.ev_class
  from reading
  join pg_depend
    on pg_depend.refclassid = 'pg_class'::regclass and pg_depend.refobjid = reading.relation_id
    and pg_depend.classid = 'pg_rewrite'::regclass
  join pg_rewrite on pg_rewrite.oid = pg_depend.objid
),
joined as (
  select distinct one.table_id
  from reading as one
  join reading as other on other.relation_id = one.relation_id and other.table_id <> one.table_id
)
select format(
  'analyze (skip_locked) %s public.%I',
  case when current_setting('server_version_num')::integer >= 180000 then 'only' end,
  relname
) as statement
from own
join joined using (table_id)
join pg_class on pg_class.oid = own.table_id
where relkind = 'p' and (
  own.feed = any($1::text[])
  or reltuples <= 0 and exists (select from tally.versions where versions.feed = own.feed and state = 'live')
)
order by relname
