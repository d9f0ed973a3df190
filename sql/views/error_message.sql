-- One row for each order whose customer is unknown and each item whose order is unknown: its message.
select
  agency,
  customer_reference,
  order_reference,
  jsonb_build_object(
    'type', 'error_message',
    'customer_reference', customer_reference,
    'order_reference', order_reference,
    'message', message
  ) as message
from order_error
where load_id is null
