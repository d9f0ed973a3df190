-- One row for each agency and customer: how many orders the customer placed, those without items too, what their
-- items cost together (exact), and the days of the first and the last order in the agency's time zone.
with placed as (
  select
    placed.agency,
    placed.customer_reference,
    count(*) as order_count,
    min(its.order_timestamp) as first_order,
    max(its.order_timestamp) as last_order
  from orders as placed
  -- A feed may do without the column: then it is found here.
  cross join (values (null::timestamptz)) as absent(order_timestamp)
  cross join lateral (select order_timestamp from (select placed.*) as present) as its
  group by placed.agency, placed.customer_reference
),
bought as (
  select placed.agency, placed.customer_reference, count(*) as item_count, sum(item.total_price) as total_price
  from orders as placed
  join items as item
    on item.agency = placed.agency and tally.same_reference(item.order_reference, placed.order_reference)
  group by placed.agency, placed.customer_reference
),
zone as (
  select distinct on (agency) agency, time_zone
  from tally.loads
  where feed = 'orders' and outcome = 'loaded' and time_zone is not null
  order by agency, load_id desc
)
select
  customer.agency,
  customer.customer_reference,
  coalesce(placed.order_count, 0) as order_count,
  coalesce(bought.item_count, 0) as item_count,
  coalesce(bought.total_price, 0) as total_price,
  (placed.first_order at time zone coalesce(zone.time_zone, 'UTC'))::date as first_order_date,
  (placed.last_order at time zone coalesce(zone.time_zone, 'UTC'))::date as last_order_date
from customers as customer
left join placed
  on placed.agency = customer.agency
  and tally.same_reference(placed.customer_reference, customer.customer_reference)
left join bought
  on bought.agency = customer.agency
  and tally.same_reference(bought.customer_reference, customer.customer_reference)
left join zone on zone.agency = customer.agency
