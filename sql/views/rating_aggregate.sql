-- One row for each agency whose ratings were loaded: what readers of customer_rating see now.
with live as (
  select version.agency, load.load_id, load.business_date, load.rows_invalid - load.rows_fixed as rows_invalid
  from tally.versions as version
  join tally.loads as load using (load_id)
  where version.feed = 'customer_rating' and version.state = 'live'
),
valid as (
  select
    agency,
    count(customer_number) as count_customer_number,
    sum(customer_rating) as sum_customer_rating,
    count(*) filter (where tally.is_high_value(customer_status)) as high_value_count
  from customer_rating
  group by agency
)
select
  live.agency,
  coalesce(valid.count_customer_number, 0) as count_customer_number,
  coalesce(valid.sum_customer_rating, 0) as sum_customer_rating,
  coalesce(valid.high_value_count, 0) as high_value_count,
  live.rows_invalid as invalid_customer_number_count,
  tally.invalid_percent(coalesce(valid.count_customer_number, 0), live.rows_invalid) as invalid_customer_number_percent,
  live.business_date,
  live.load_id
from live
left join valid using (agency)
