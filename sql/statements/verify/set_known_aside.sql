-- Rows whose key an earlier load had brought.
insert into set_aside (line_number, first_line, first_load, differs)
select row.line_number, first.line_number, first.load_id, {{!differs}}
from expected_row as row
join {{agency_table}} as first using ({{columns}})
where first.load_id < {{!load_id}}
