-- Rows whose key is in the table already, with the line and load that brought it.
create temporary table repeated_row on commit drop as
select row.line_number, first.line_number as first_line, first.load_id as first_load, {{!differs}} as differs
from {{version}} as row
join {{agency_table}} as first using ({{columns}})
