-- Rows that one side has and the other has not, or has less often: all of them, or those of some parts of the digest.
insert into row_difference (line_number, place, occurrence)
with expected as (
  select line_number, content, row_number() over (partition by content collate "C" order by line_number) as occurrence
  from (select line_number, row({{columns}})::text as content from expected_row offset 0) as row
  where $1::bigint[] is null or hashtextextended(content, 0) & 4095 = any($1)
),
found as (
  select place, content, row_number() over (partition by content collate "C" order by place) as occurrence
  from (select ctid as place, row({{columns}})::text as content from {{table}} where {{!condition}} offset 0) as row
  where $1::bigint[] is null or hashtextextended(content, 0) & 4095 = any($1)
)
select expected.line_number, found.place, coalesce(expected.occurrence, found.occurrence)
from expected
full join found
  on found.content collate "C" = expected.content collate "C" and found.occurrence = expected.occurrence
where expected.content is null or found.content is null
