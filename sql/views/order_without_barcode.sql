-- One row for each order that no barcode was sold with.
select placed.agency, placed.customer_reference, placed.order_reference, placed.line_number
from orders as placed
left join barcodes as sold
  on sold.agency = placed.agency and tally.same_reference(sold.order_reference, placed.order_reference)
where sold.agency is null
