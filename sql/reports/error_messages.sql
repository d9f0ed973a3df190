-- report: error_messages_{date:YYYYMMDD}.json
-- live: customers, orders, items
-- One document for each order with an unknown customer and each item with an unknown order, by agency, order and
-- customer: its message.
select
  message -> 'type' as type,
  message -> 'customer_reference' as customer_reference,
  message -> 'order_reference' as order_reference,
  message -> 'message' as message
from error_message
order by agency collate "C", tally.reference_number(error_message.order_reference) nulls last,
  error_message.order_reference collate "C" nulls last, error_message.customer_reference collate "C" nulls last,
  error_message.message ->> 'message' collate "C"
