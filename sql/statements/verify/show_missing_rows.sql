select row.line_number, array[{{!texts}}] as texts
from (
  select line_number from row_difference where place is null order by line_number limit $1
) as different
join expected_row as row using (line_number)
order by row.line_number
