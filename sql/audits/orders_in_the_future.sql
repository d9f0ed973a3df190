-- audit of orders, warn: orders that are placed after tomorrow
select placed.order_reference, its.order_timestamp
from next_version as placed
-- A feed may do without the column: then it is found here.
cross join (values (null::timestamptz)) as absent(order_timestamp)
cross join lateral (select order_timestamp from (select placed.*) as present) as its
where its.order_timestamp > now() + interval '1 day'
