insert into tally.loads (
  run_id, delivery_id, feed, agency, business_date, file_name, table_name, feed_md5, started_at, time_zone
)
values ($1, $2, $3, $4, $5, $6, $7, (select md5(definition::text) from tally.feeds where feed = $3), $8, $9)
returning load_id
