-- report: barcode_analytics_{date:YYYYMMDD}.csv
-- live: barcodes, orders
-- One line for each agency: its barcodes and orders, and its top customers with their tickets.
select
  summary.agency,
  summary.sold,
  summary.unused,
  summary.duplicates,
  summary.orders,
  summary.orders_without_barcodes,
  summary.sold_to_unknown,
  '[' || coalesce(top.customers, '') || ']' as top_customers
from barcode_summary as summary
left join (
  select agency, string_agg(customer_reference || ': ' || tickets, ', ' order by rank) as customers
  from top_customer
  group by agency
) as top using (agency)
order by summary.agency collate "C"
