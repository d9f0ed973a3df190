-- The deliveries that a backfill has done with: what failed or was interrupted is tried again.
select distinct on (delivery_id)
  delivery_id, load_id, outcome, live, rows_read, rows_loaded, rows_invalid, code, message
from tally.loads
where backfill_id = $1 and outcome in ('loaded', 'held')
order by delivery_id, load_id desc
