-- Where the ledger and the catalog do not agree on the versions behind the tables.
with there as (
  select
    c.oid, c.relname, substring(c.relname from '\d+$')::bigint as load_id,
    (select inhparent::regclass::text from pg_inherits where inhrelid = c.oid) as parent
  from pg_class as c
  where c.relnamespace = 'tally_version'::regnamespace and c.relkind = 'r' and c.relname ~ '^(load|invalid)_\d+$'
),
version as (
  select *, to_regclass(format('public.%I', feed || '_' || agency))::text as agency_table from tally.versions
)
select 'unknown' as problem, relname as version, null as agency_table, null as agency, there.load_id
from there
left join tally.versions as known on known.load_id = there.load_id
left join tally.loads as load on load.load_id = there.load_id
where relname like 'load\_%' and known.load_id is null and (load.load_id is null or there.parent is not null)
union all
select 'missing', 'load_' || version.load_id, agency_table, agency, version.load_id
from version
left join there on there.relname = 'load_' || version.load_id
where there.oid is null
union all
select 'detached', there.relname, agency_table, agency, version.load_id
from version
join there on there.relname = 'load_' || version.load_id
where version.state = 'live' and there.parent is distinct from agency_table
union all
select 'attached', there.relname, there.parent, agency, version.load_id
from version
join there on there.relname = 'load_' || version.load_id
where version.state <> 'live' and there.parent is not null
union all
select 'orphan', there.relname, null, null, there.load_id
from there
join tally.loads as load on load.load_id = there.load_id
where load.outcome is not null
  and there.parent is null
  and (there.relname like 'invalid\_%' or not exists (select from version where version.load_id = there.load_id))
order by load_id, problem
