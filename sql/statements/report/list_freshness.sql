-- For a feed and a day: the last business date of each agency that was delivered by then.
select agency, max(business_date)::text as business_date
from tally.loads
where feed = $1 and business_date <= $2 and outcome in ('loaded', 'unchanged') and rolled_back_at is null
group by agency
