-- $1: an agency, or null for all of them.
select
  message -> 'customer_reference' as customer_reference,
  message -> 'order_count' as order_count,
  message -> 'total_price' as total_price,
  message -> 'type' as type
from customer_message
where $1::text is null or agency = $1
order by
  agency collate "C",
  tally.reference_number(customer_message.customer_reference) nulls last,
  customer_message.customer_reference collate "C"
