-- Rows whose key stands on an earlier line, with that line.
insert into set_aside (line_number, first_line, differs)
with repeated as (
  select {{columns}}, min(line_number) as first_line
  from expected_row
  group by {{columns}}
  having count(*) > 1
)
select row.line_number, repeated.first_line, {{!differs}}
from expected_row as row
join repeated using ({{columns}})
join expected_row as first on first.line_number = repeated.first_line
where row.line_number > repeated.first_line
