insert into tally.loads (
  run_id, delivery_id, feed, agency, business_date, file_name, started_at, finished_at, seconds, outcome, code, message
)
values ($1, $2, $3, $4, $5, $6, $7, $7, 0, 'skipped', $8, $9)
