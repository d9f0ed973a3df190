-- The columns of a table as they are: name and type.
select attname as name, format_type(atttypid, atttypmod) as type
from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
order by attnum
