-- audit of orders, warn: orders that are placed after tomorrow
select order_reference, order_timestamp
from next_version
where order_timestamp > now() + interval '1 day'
