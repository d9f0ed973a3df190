-- Trouble of which it was not told yet that it is over.
select alarm_id, kind, feed, agency, business_date::text, run_id, load_id, code, file_name, job
from tally.alarms
where recovered_at is null and kind in ('failed', 'held', 'late')
order by alarm_id
