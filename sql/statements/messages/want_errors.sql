-- $1: the agencies; null for all of them. Two faulty items of one order give the same document: its number tells them apart.
with error as (
  select
    agency, customer_reference::text as customer_reference, order_reference::text as order_reference,
    message::text as document, md5(message::text) as digest
  from error_message
  where $1::text[] is null or agency = any($1)
),
numbered as (
  select *, digest || ' ' || row_number() over (partition by agency, digest) as subject from error
)
insert into wanted
select
  'error', agency, subject, customer_reference, coalesce(customer_reference, 'order ' || order_reference, subject),
  document, digest::uuid
from numbered
