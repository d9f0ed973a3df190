-- One row for each fault of an order, item or customer: an unknown customer or order, no reference, a reference that
-- stands on an earlier line already. load_id is empty where the row is loaded, else the load that set it aside.
with strange_order as (
  select placed.agency, placed.customer_reference, placed.order_reference, placed.line_number
  from orders as placed
  left join customers as customer
    on customer.agency = placed.agency
    and tally.same_reference(customer.customer_reference, placed.customer_reference)
  where customer.agency is null
),
strange_item as (
  select item.agency, item.order_reference
  from items as item
  left join orders as placed
    on placed.agency = item.agency and tally.same_reference(placed.order_reference, item.order_reference)
  where placed.agency is null
)
select
  agency,
  case when customer_reference is null then 'no_reference' else 'unknown_customer' end as error,
  'orders' as feed,
  customer_reference::text as customer_reference,
  order_reference::text as order_reference,
  line_number,
  'Customer reference not found in customers.' as message,
  null::bigint as load_id
from strange_order
union all
select
  agency,
  case when order_reference is null then 'no_reference' else 'unknown_order' end,
  'items',
  null,
  order_reference::text,
  null,
  'Order reference not found in orders.',
  null
from strange_item
union all
select
  agency,
  case rule when 'unique' then 'duplicate_reference' else 'no_reference' end,
  feed,
  case when column_name = 'customer_reference' then value end,
  case when column_name = 'order_reference' then value end,
  line_number,
  message,
  load_id
from open_reason
where feed in ('customers', 'orders', 'items')
  and column_name in ('customer_reference', 'order_reference')
  and rule in ('unique', 'required')
