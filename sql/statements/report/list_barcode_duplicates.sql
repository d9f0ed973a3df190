-- $1: an agency, or null for all of them; $2: so many of each agency, and so many of the later lines.
with numbered as (
  select *, row_number() over (partition by agency order by first_line) as number
  from barcode_duplicate
  where $1::text is null or agency = $1
)
select
  agency,
  barcode,
  first_line::integer as first_line,
  later_lines[1:$2]::integer[] as later_lines,
  cardinality(later_lines) as later_count
from numbered
where number <= $2
order by agency collate "C", number
