-- One row for each feed, agency, column and rule: what is wrong in the rows of the agency's latest load that are open, with
-- an example. The latest is the one that readers see, or one that came after it and is held.
with latest as (
  select distinct on (feed, agency) load_id
  from tally.loads
  where (outcome = 'held' or (outcome = 'loaded' and live)) and rolled_back_at is null
  order by feed, agency, load_id desc
),
reason as (
  select
    row.feed, row.agency, row.load_id, row.file_name, row.line_number, row.raw, row.encoding,
    each.reason ->> 'column' as column_name,
    each.reason ->> 'rule' as rule,
    each.reason ->> 'message' as message
  from file_invalid_rows as row
  join latest using (load_id)
  cross join lateral jsonb_array_elements(row.reasons) as each(reason)
  where row.status = 'open'
),
grouped as (
  select feed, agency, load_id, file_name, column_name, rule, count(*) as rows, min(line_number) as line_number
  from reason
  group by feed, agency, load_id, file_name, column_name, rule
)
select
  grouped.feed,
  grouped.agency,
  grouped.column_name,
  grouped.rule,
  grouped.rows,
  example.message as example_message,
  grouped.line_number as example_line,
  tally.readable(example.raw, example.encoding) as example_row,
  grouped.file_name,
  grouped.load_id
from grouped
cross join lateral (
  select reason.message, reason.raw, reason.encoding
  from reason
  where reason.load_id = grouped.load_id
    and reason.line_number = grouped.line_number
    and reason.column_name is not distinct from grouped.column_name
    and reason.rule = grouped.rule
  limit 1
) as example
