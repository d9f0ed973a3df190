-- One row for each reason of each open invalid row of the loads that readers see: of a replaced table the live one,
-- of another all that went into it.
with live as (
  select load_id
  from tally.versions
  where state = 'live'
  union all
  select load.load_id
  from tally.loads as load
  join tally.feeds as feed using (feed)
  where feed.mode <> 'replace' and load.outcome = 'loaded'
)
select
  row.feed,
  row.agency,
  row.load_id,
  row.file_name,
  row.line_number,
  reason."column" as column_name,
  reason.value,
  reason.rule,
  reason.message,
  reason.first_line
from file_invalid_rows as row
join live using (load_id)
cross join lateral jsonb_to_recordset(row.reasons)
  as reason("column" text, value text, rule text, message text, first_line bigint)
where row.status = 'open'
