-- The rating aggregate of one business date, as it was delivered. Runs when a load is closed.
-- $1: the load whose rows next_version shows; $2: the agency; $3: the business date.
insert into rating_history (
  agency, business_date, load_id, count_customer_number, sum_customer_rating, high_value_count,
  invalid_customer_number_count, invalid_customer_number_percent
)
select
  $2, $3::date, load.load_id, valid.count_customer_number, valid.sum_customer_rating, valid.high_value_count,
  load.rows_invalid, tally.invalid_percent(valid.count_customer_number::bigint, load.rows_invalid)
from tally.loads as load
cross join (
  -- By status first: a million rows have a handful of them, and to look into each row's text takes twice as long.
  select
    coalesce(sum(count_customer_number), 0) as count_customer_number,
    coalesce(sum(sum_customer_rating), 0) as sum_customer_rating,
    coalesce(sum(rows) filter (where tally.is_high_value(customer_status)), 0) as high_value_count
  from (
    select
      customer_status,
      count(*) as rows,
      count(customer_number) as count_customer_number,
      sum(customer_rating) as sum_customer_rating
    from next_version
    group by customer_status
  ) as status
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
