with relation as (
  select c.oid, n.nspname, c.relname, c.relkind, c.relpartbound, pg_get_partkeydef(c.oid) as partition_key,
    obj_description(c.oid, 'pg_class') as comment
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'tally', 'tally_version')
    and c.relkind in ('r', 'p', 'v')
    and c.relname not in ('migrations', 'migrations_lock')
),
line as (
  select a.attrelid as oid, 1 as part, a.attnum::text as place,
    format('  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end,
      case when a.attidentity = 'a' then ' generated always as identity' else '' end,
      coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as text,
    col_description(a.attrelid, a.attnum) as comment
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
  union all
  select conrelid, 2, conname, format('  constraint %I %s', conname, pg_get_constraintdef(oid)), null
  from pg_constraint
  where contype in ('p', 'u', 'f', 'c')
  union all
  select i.indrelid, 3, c.relname, '  ' || replace(pg_get_indexdef(i.indexrelid), 'CREATE ', ''), null
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  where not exists (select from pg_constraint where conindid = i.indexrelid)
)
select
  format('%s %I.%I%s%s',
    case relation.relkind when 'v' then 'view' else 'table' end, relation.nspname, relation.relname,
    coalesce(' partition by ' || relation.partition_key, ''),
    coalesce(E'\n  -- ' || relation.comment, ''))
  || coalesce(string_agg(
    E'\n' || line.text || coalesce('  -- ' || line.comment, ''), '' order by line.part, case when line.part = 1 then lpad(line.place, 5, '0') else line.place end), '') as text
from relation
left join line using (oid)
group by relation.oid, relation.nspname, relation.relname, relation.relkind, relation.partition_key, relation.comment
order by relation.nspname, relation.relname
