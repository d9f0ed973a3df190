-- What a load that is rolled back had counted is no history any more. $1: that load.
-- If it had corrected the very day of the load that is live again, that day gets back what it had: its rows are
-- counted anew, because the history holds one row for a day.
with live as (
  select load.load_id, load.agency, load.business_date
  from tally.loads as rolled_back
  join tally.versions as version using (feed, agency)
  join tally.loads as load on load.load_id = version.load_id
  where rolled_back.load_id = $1::bigint and version.state = 'live'
),
gone as (
  delete from rating_history
  where load_id = $1::bigint and business_date not in (select business_date from live)
)
insert into rating_history (
  agency, business_date, load_id, count_customer_number, sum_customer_rating, high_value_count,
  invalid_customer_number_count, invalid_customer_number_percent
)
select
  agency, business_date, load_id, count_customer_number, sum_customer_rating, high_value_count,
  invalid_customer_number_count, invalid_customer_number_percent
from rating_aggregate
where agency = (select agency from live)
  and not exists (select from rating_history as history join live using (load_id, agency, business_date))
on conflict (agency, business_date) do update
set
  load_id = excluded.load_id,
  count_customer_number = excluded.count_customer_number,
  sum_customer_rating = excluded.sum_customer_rating,
  high_value_count = excluded.high_value_count,
  invalid_customer_number_count = excluded.invalid_customer_number_count,
  invalid_customer_number_percent = excluded.invalid_customer_number_percent
