-- A file that could not even be opened or told whose it is. While it lies there unchanged each run meets it anew;
-- the ledger says so once.
insert into tally.loads (
  run_id, feed, agency, business_date, file_name, started_at, finished_at, seconds, outcome, code, message
)
select $1, $2, $3, $4, $5, $6, $6, 0, 'failed', $7, $8
where (
  select (code, message) is distinct from ($7::text, $8::text)
  from tally.loads
  where feed = $2 and file_name = $5
  order by load_id desc
  limit 1
) is not false
