-- The audit entries, and the rows that they are about.
with fixed as (
  insert into tally.corrections (
    load_id, line_number, action, corrected_at, corrected_by, run_id, before, after, is_repeated, file_name
  )
  select
    row.load_id, row.line_number, 'fixed', $2, $3, $4, tally.readable(row.raw, row.encoding),
    offered.after, offered.is_repeated, $5
  from offered_row as offered
  join file_invalid_rows as row on row.load_id = $1 and row.line_number = offered.line_number
  where offered.after is not null and offered.reasons is null and not offered.is_settled
  returning line_number, is_repeated
),
marked as (
  update file_invalid_rows as row
  set status = 'fixed'
  from fixed
  where row.load_id = $1 and row.line_number = fixed.line_number and row.status = 'open'
  returning row.line_number
)
select
  (select count(*) from fixed) as fixed,
  (select count(*) from fixed where is_repeated) as repeated,
  (select count(*) from marked) as marked
