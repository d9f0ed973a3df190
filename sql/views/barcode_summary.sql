-- One row for each agency that delivers orders or barcodes: barcodes sold and unused, later lines of duplicates, orders
-- without barcodes. sold_to_unknown: sold with an order that is not in orders.
with delivering as (
  select distinct agency
  from tally.loads
  where feed in ('barcodes', 'orders') and live
),
placed as (
  select agency, count(*) as orders
  from orders
  group by agency
),
met as (
  select
    coalesce(ticket.agency, placed.agency) as agency,
    count(ticket.order_reference) as sold,
    count(*) filter (where ticket.agency is not null and ticket.order_reference is null) as unused,
    count(*) filter (where ticket.order_reference is not null and placed.agency is null) as sold_to_unknown,
    count(*) filter (where ticket.agency is null) as orders_without_barcodes
  from barcodes as ticket
  full join orders as placed
    on placed.agency = ticket.agency and tally.same_reference(ticket.order_reference, placed.order_reference)
  group by coalesce(ticket.agency, placed.agency)
),
repeated as (
  select agency, sum(cardinality(later_lines)) as duplicates
  from barcode_duplicate
  group by agency
)
select
  delivering.agency,
  coalesce(met.sold, 0) as sold,
  coalesce(met.unused, 0) as unused,
  coalesce(repeated.duplicates, 0)::bigint as duplicates,
  coalesce(placed.orders, 0) as orders,
  coalesce(met.orders_without_barcodes, 0) as orders_without_barcodes,
  coalesce(met.sold_to_unknown, 0) as sold_to_unknown
from delivering
left join placed using (agency)
left join met using (agency)
left join repeated using (agency)
