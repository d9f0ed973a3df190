-- report: processed_orders_{date:YYYYMMDD}.csv
-- live: barcodes, orders
-- One line for each order with barcodes, by customer and order, in the order of numbers where they are numbers.
select
  customer_reference as customer_id,
  order_reference as order_id,
  '[' || array_to_string(barcodes, ', ') || ']' as barcodes
from processed_order
order by
  tally.reference_number(customer_reference::text) nulls last,
  customer_reference::text collate "C" nulls last,
  tally.reference_number(order_reference::text) nulls last,
  order_reference::text collate "C",
  agency collate "C"
