-- The tables of a feed's agencies that are there already.
select c.relname as name
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
where i.inhparent = to_regclass($1)
order by c.relname
