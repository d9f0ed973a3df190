-- $1: an agency, or null for all of them.
select
  message -> 'type' as type,
  message -> 'customer_reference' as customer_reference,
  message -> 'order_reference' as order_reference,
  message -> 'message' as message
from error_message
where $1::text is null or agency = $1
order by
  agency collate "C",
  tally.reference_number(error_message.order_reference) nulls last,
  error_message.order_reference collate "C" nulls last,
  error_message.customer_reference collate "C" nulls last,
  error_message.message ->> 'message' collate "C"
