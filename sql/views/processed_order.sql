-- One row for each order that barcodes were sold with: who placed it, and its barcodes in the order of the file.
with ticket as (
  select agency, order_reference, array_agg(barcode order by line_number) as barcodes
  from barcodes
  where order_reference is not null
  -- The reference first: the agencies are mostly the same, and a sort that compares them first takes twice as long.
  group by order_reference, agency
)
select placed.agency, placed.customer_reference, placed.order_reference, ticket.barcodes
from orders as placed
join ticket
  on ticket.agency = placed.agency and tally.same_reference(ticket.order_reference, placed.order_reference)
