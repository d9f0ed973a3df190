-- $1: the destination, null for all; $2: how many.
select destination, message_id, agency, type, customer_reference, tries, last_error, document, created_at
from tally.outbox
where state = 'parked' and ($1::text is null or destination = $1)
order by outbox_id
limit $2
