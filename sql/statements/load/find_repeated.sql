-- Rows whose key stands on an earlier line, with that line. The keys that repeat are found first, by hashing:
-- to sort ten million rows for the sake of a few takes several times as long.
create temporary table repeated_row on commit drop as
with repeated as (
  select {{columns}}, min(line_number) as first_line
  from {{version}}
  group by {{columns}}
  having count(*) > 1
)
select row.line_number, repeated.first_line, null::bigint as first_load, {{!differs}} as differs
from {{version}} as row
join repeated using ({{columns}})
join {{version}} as first on first.line_number = repeated.first_line
where row.line_number > repeated.first_line
