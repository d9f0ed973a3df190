insert into tally.loads (run_id, delivery_id, feed, agency, business_date, file_name, table_name, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
returning load_id
