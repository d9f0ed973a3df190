with side as (
  select {{columns}}, 1 as _side from {{after}}
  union all
  select {{columns}}, -1 from {{before}}
),
row as (
  select {{columns}}, sum(_side) as _more
  from side
  group by {{columns}}
  having sum(_side) <> 0
)
select
  case when _more > 0 then 'added' else 'removed' end as change,
  case when _more < 0 then to_json(array[{{!texts}}]::text[]) end as before,
  case when _more > 0 then to_json(array[{{!texts}}]::text[]) end as after
from row
cross join lateral generate_series(1, abs(_more))
order by {{columns}}
limit $1
