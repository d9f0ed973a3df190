-- $1: the agencies; null for all of them.
insert into wanted
select
  'customer', agency, customer_reference::text, customer_reference::text, customer_reference::text,
  message::text, md5(message::text)::uuid
from customer_message
where $1::text[] is null or agency = any($1)
