-- Whole rows, as often as they occur: one pass over both versions, by hashing that spills where it must.
with side as (
  select {{columns}}, 1 as _side from {{after}}
  union all
  select {{columns}}, -1 from {{before}}
),
row as (
  select
    sum(_side) as more,
    count(*) filter (where _side = -1) as rows_before,
    count(*) filter (where _side = 1) as rows_after
  from side
  group by {{columns}}
)
select
  coalesce(sum(more) filter (where more > 0), 0) as added,
  coalesce(-sum(more) filter (where more < 0), 0) as removed,
  null::bigint as changed,
  coalesce(sum(rows_before), 0) as rows_before,
  coalesce(sum(rows_after), 0) as rows_after
from row
