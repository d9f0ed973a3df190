-- $1: an agency, or null for all of them.
select agency, rank::integer as rank, customer_reference::text as customer_reference, tickets::integer as tickets
from top_customer
where $1::text is null or agency = $1
order by agency collate "C", rank
