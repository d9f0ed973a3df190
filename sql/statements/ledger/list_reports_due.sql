-- Loads whose day's reports have not been written since; of this run, and of those that died or were stopped before.
select load_id, feed, business_date::text from tally.loads where report_due
