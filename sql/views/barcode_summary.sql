-- One row for each agency that delivers orders or barcodes: barcodes sold and unused, later lines of duplicates, orders
-- without barcodes. sold_to_unknown: sold with an order that is not in orders.
with delivering as (
  select distinct agency
  from tally.loads
  where feed in ('barcodes', 'orders') and live
),
ticket as (
  select agency, order_reference, count(*) as barcodes
  from barcodes
  group by agency, order_reference
),
met as (
  select
    coalesce(ticket.agency, placed.agency) as agency,
    sum(ticket.barcodes) filter (where ticket.order_reference is not null) as sold,
    sum(ticket.barcodes) filter (where ticket.order_reference is null) as unused,
    sum(ticket.barcodes) filter (where ticket.order_reference is not null and placed.agency is null) as sold_to_unknown,
    count(placed.agency) as orders,
    count(placed.agency) filter (where ticket.agency is null) as orders_without_barcodes
  from orders as placed
  full join ticket
    on ticket.agency = placed.agency and tally.same_reference(ticket.order_reference, placed.order_reference)
  group by coalesce(ticket.agency, placed.agency)
),
repeated as (
  select agency, sum(cardinality(later_lines)) as duplicates
  from barcode_duplicate
  group by agency
)
select
  delivering.agency,
  coalesce(met.sold, 0)::bigint as sold,
  coalesce(met.unused, 0)::bigint as unused,
  coalesce(repeated.duplicates, 0)::bigint as duplicates,
  coalesce(met.orders, 0) as orders,
  coalesce(met.orders_without_barcodes, 0) as orders_without_barcodes,
  coalesce(met.sold_to_unknown, 0)::bigint as sold_to_unknown
from delivering
left join met using (agency)
left join repeated using (agency)
