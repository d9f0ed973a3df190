-- $1: feeds. The latest business date of what readers see of them; null where nothing has been loaded of the first.
select case when bool_or(feed = ($1::text[])[1]) then max(business_date)::text end as live_date
from tally.loads
where feed = any ($1) and outcome = 'loaded' and live and rolled_back_at is null
