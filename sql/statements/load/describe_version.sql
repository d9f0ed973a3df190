-- The columns of an agency's table that a file fills, as a table is made with them.
select string_agg(
  format('%I %s', attname, format_type(atttypid, atttypmod))
    || case when attnotnull then ' not null' else '' end
    || coalesce(' default ' || pg_get_expr(adbin, adrelid), ''),
  ', ' order by attnum
) as columns
from pg_attribute
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attname not in ('agency', 'load_id')
