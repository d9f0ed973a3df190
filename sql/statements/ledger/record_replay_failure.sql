-- A delivery that could not even be read again. Whoever asked for it is told; it is no alarm.
insert into tally.loads (
  run_id, backfill_id, delivery_id, feed, agency, business_date, file_name, started_at, finished_at, seconds, outcome,
  code, message, watched
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0, 'failed', $9, $10, true)
returning load_id
