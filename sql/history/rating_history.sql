-- history of customer_rating, a row for each agency, business_date: the rating aggregate as it was delivered for that day.
-- Rows that were corrected since are valid ones.
-- $1: the load whose rows next_version shows; $2: the agency; $3: the business date.
select
  $2::text as agency,
  $3::date as business_date,
  load.load_id,
  valid.count_customer_number,
  coalesce(valid.sum_customer_rating, 0) as sum_customer_rating,
  valid.high_value_count,
  load.rows_invalid - load.rows_fixed as invalid_customer_number_count,
  tally.invalid_percent(valid.count_customer_number, load.rows_invalid - load.rows_fixed) as invalid_customer_number_percent
from tally.loads as load
cross join (
  select
    count(customer_number) as count_customer_number,
    sum(customer_rating) as sum_customer_rating,
    count(*) filter (where tally.is_high_value(customer_status)) as high_value_count
  from next_version
) as valid
where load.load_id = $1::bigint
