-- $1: an agency, or null for all of them; $2: so many of each agency.
with numbered as (
  select
    agency,
    order_reference::text as order_reference,
    customer_reference::text as customer_reference,
    row_number() over (partition by agency order by line_number) as number
  from order_without_barcode
  where $1::text is null or agency = $1
)
select agency, order_reference, customer_reference
from numbered
where number <= $2
order by agency collate "C", number
