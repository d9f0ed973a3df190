-- One row for each agency and customer: its message, the order summary as others are told it. References are texts.
select
  agency,
  customer_reference::text as customer_reference,
  jsonb_build_object(
    'customer_reference', customer_reference::text,
    'order_count', order_count,
    'total_price', total_price,
    'type', 'customer_message'
  ) as message
from order_summary
