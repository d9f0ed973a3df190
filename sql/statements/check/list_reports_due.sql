-- Days whose reports are due although no run is at it.
select string_agg(distinct business_date::text, ', ' order by business_date::text) as days
from tally.loads
where report_due and not exists (select from tally.runs where outcome is null)
