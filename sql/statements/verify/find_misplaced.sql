-- Lines of valid rows on which the file and file_invalid_rows disagree: a row that repeats another and was not
-- set aside, and one that was set aside for nothing.
with recorded as (
  select line_number from file_invalid_rows where load_id = $1
),
misplaced as (
  select line_number, first_line, first_load, true as is_invalid
  from set_aside
  where differs and not exists (select from recorded where recorded.line_number = set_aside.line_number)
  union all
  select line_number, first_line, first_load, false
  from set_aside
  where not differs and exists (select from recorded where recorded.line_number = set_aside.line_number)
  union all
  select line_number, null, null, false
  from expected_row
  where exists (select from recorded where recorded.line_number = expected_row.line_number)
)
select *, count(*) over () as total
from misplaced
order by line_number
limit $2
