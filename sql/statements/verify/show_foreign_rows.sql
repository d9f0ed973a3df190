-- Rows of a table that no load has brought.
select row.load_id, array[{{!texts}}] as texts, count(*) over () as total
from {{table}} as row
where not exists (
  select
  from tally.loads as load
  where load.load_id = row.load_id and load.feed = $1 and load.agency = $2 and load.outcome = 'loaded'
)
order by row.load_id, row.line_number
limit $3
