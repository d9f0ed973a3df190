-- $1: the destination; $2: the rows of what it has confirmed; $3: now. What has taken a message's place meanwhile is another row
-- by its number, and stays.
with settled as (
  delete from tally.outbox where outbox_id = any($2::bigint[]) returning *
),
told as (
  insert into tally.sent_messages
    (destination, kind, agency, subject, customer_reference, lane, message_id, document, digest, sent_at)
  select destination, kind, agency, subject, customer_reference, lane, message_id, document, digest, $3
  from settled
  where digest is not null
  on conflict (destination, kind, agency, subject) do update
  set message_id = excluded.message_id, document = excluded.document, digest = excluded.digest, sent_at = excluded.sent_at,
      customer_reference = excluded.customer_reference, lane = excluded.lane
),
resolved as (
  delete from tally.sent_messages as sent
  using settled
  where settled.digest is null and sent.destination = $1 and sent.kind = settled.kind
    and sent.agency = settled.agency and sent.subject = settled.subject
)
update tally.destinations
set sent = sent + cardinality($2::bigint[]), last_sent_at = $3, down_since = null, last_error = null
where destination = $1
