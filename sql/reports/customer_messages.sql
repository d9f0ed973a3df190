-- report: customer_messages_{date:YYYYMMDD}.json
-- live: customers, orders, items
-- One document for each customer, by agency and reference: its message.
select
  message -> 'customer_reference' as customer_reference,
  message -> 'order_count' as order_count,
  message -> 'total_price' as total_price,
  message -> 'type' as type
from customer_message
order by agency collate "C", tally.reference_number(customer_message.customer_reference) nulls last,
  customer_message.customer_reference collate "C"
