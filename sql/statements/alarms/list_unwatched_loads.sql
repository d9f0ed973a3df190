-- Loads that have ended and were not looked at yet, each with the load before of the same agency and feed. Whoever
-- else watches at the same moment gets others.
select
  load.load_id, load.run_id, load.feed, load.agency, load.business_date::text, load.file_name, load.outcome,
  load.code, load.message, load.rows_read, load.rows_loaded, load.rows_invalid,
  before.load_id as before_load_id, before.rows_read as before_rows_read, before.rows_invalid as before_rows_invalid
from tally.loads as load
left join lateral (
  select earlier.load_id, earlier.rows_read, earlier.rows_invalid
  from tally.loads as earlier
  where earlier.feed = load.feed and earlier.agency = load.agency
    and earlier.outcome = 'loaded' and earlier.rolled_back_at is null
    and (earlier.business_date, earlier.load_id) < (load.business_date, load.load_id)
  order by earlier.business_date desc, earlier.load_id desc
  limit 1
) as before on load.outcome = 'loaded'
where not load.watched and load.outcome is not null
order by load.load_id
limit 1000
for update of load skip locked
