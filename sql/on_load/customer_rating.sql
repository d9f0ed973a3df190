-- The rating aggregate of one business date, as it was delivered. Runs when a load is closed.
-- $1: the load whose rows next_version shows; $2: the agency; $3: the business date.
insert into rating_history (
  agency, business_date, load_id, count_customer_number, sum_customer_rating, high_value_count,
  invalid_customer_number_count, invalid_customer_number_percent
)
select
  $2, $3::date, load.load_id, valid.count_customer_number, valid.sum_customer_rating, valid.high_value_count,
  load.rows_invalid, tally.invalid_percent(valid.count_customer_number, load.rows_invalid)
from tally.loads as load
cross join (
  select
    count(customer_number) as count_customer_number,
    coalesce(sum(customer_rating), 0) as sum_customer_rating,
    count(*) filter (where tally.is_high_value(customer_status)) as high_value_count
  from next_version
) as valid
where load.load_id = $1::bigint
on conflict (agency, business_date) do update
set
  load_id = excluded.load_id,
  count_customer_number = excluded.count_customer_number,
  sum_customer_rating = excluded.sum_customer_rating,
  high_value_count = excluded.high_value_count,
  invalid_customer_number_count = excluded.invalid_customer_number_count,
  invalid_customer_number_percent = excluded.invalid_customer_number_percent
