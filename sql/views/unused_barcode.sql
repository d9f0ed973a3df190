-- One row for each barcode that was not sold.
select agency, barcode, line_number
from barcodes
where order_reference is null
