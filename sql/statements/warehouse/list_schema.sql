-- What the catalog has of the ledger and of the tables beside it: one row for each object, alike on every version of
-- PostgreSQL. Of functions the text counts, or what PostgreSQL made of it; comments, owners and grants do not.
with relation as (
  select c.oid, n.nspname, c.relname, c.relkind
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'tally')
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and c.relname not in ('migrations', 'migrations_lock')
)
select 'table' as kind, nspname as schema, relname as relation, '' as name,
  case relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' else relkind::text end as definition
from relation
union all
select 'column', relation.nspname, relation.relname, a.attname,
  format_type(a.atttypid, a.atttypmod)
  || case when a.attnotnull then ' not null' else '' end
  || case when a.attidentity = 'a' then ' generated always as identity' else '' end
  || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
from relation
join pg_attribute a on a.attrelid = relation.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select 'constraint', relation.nspname, relation.relname, conname, pg_get_constraintdef(c.oid)
from relation
join pg_constraint c on c.conrelid = relation.oid and c.contype in ('p', 'u', 'f', 'c', 'x')
union all
select 'index', relation.nspname, relation.relname, i.relname, pg_get_indexdef(i.oid)
from relation
join pg_index x on x.indrelid = relation.oid
join pg_class i on i.oid = x.indexrelid
where not exists (select from pg_constraint where conindid = i.oid and conrelid = relation.oid)
union all
select 'trigger', relation.nspname, relation.relname, tgname, pg_get_triggerdef(t.oid)
from relation
join pg_trigger t on t.tgrelid = relation.oid and not t.tgisinternal
union all
select 'function', n.nspname, '', format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
  md5(concat_ws(' ', p.prosrc, pg_get_function_sqlbody(p.oid), l.lanname, p.provolatile, p.proparallel, p.proisstrict))
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where n.nspname = 'tally'
