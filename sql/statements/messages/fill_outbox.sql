-- $1: the destination; $2: its kinds; $3: its agencies that are compared, null for all; $4: now.
-- For each subject: what is wanted, what waits, and what the destination was last told. Where a message that waits may
-- have reached it already, or follows one that may have, nobody knows what it knows: then what is wanted goes in any case.
with waiting as (
  select outbox.*,
    outbox_id <= tried_up_to or state = 'parked' or follows_tried as is_uncertain
  from tally.outbox
  join tally.destinations using (destination)
  where destination = $1 and kind = any($2) and ($3::text[] is null or agency = any($3))
),
told as (
  select * from tally.sent_messages
  where destination = $1 and kind = any($2) and ($3::text[] is null or agency = any($3))
),
wished as (
  select * from wanted where kind = any($2) and ($3::text[] is null or agency = any($3))
),
known as (
  select
    kind, agency, subject,
    coalesce(waiting.customer_reference, told.customer_reference) as customer_reference,
    coalesce(waiting.lane, told.lane) as lane,
    coalesce(told.document, waiting.document) as document,
    told.digest as told_digest, waiting.digest as waiting_digest,
    waiting.outbox_id, coalesce(waiting.is_uncertain, false) as is_uncertain
  from told
  full join waiting using (kind, agency, subject)
),
compared as (
  select
    kind, agency, subject,
    coalesce(wished.customer_reference, known.customer_reference) as customer_reference,
    coalesce(wished.lane, known.lane) as lane,
    coalesce(wished.document, known.document) as document,
    wished.digest, outbox_id, coalesce(is_uncertain, false) as is_uncertain,
    -- A customer who is no longer there is no news: what was told stays as it is.
    wished.subject is null and kind = 'customer' as is_no_news,
    not coalesce(is_uncertain, false) and wished.digest is not distinct from told_digest as is_known,
    outbox_id is not null and wished.digest is not distinct from waiting_digest as is_waiting
  from wished
  full join known using (kind, agency, subject)
),
changed as (
  select * from compared where case when is_no_news or is_known then outbox_id is not null else not is_waiting end
),
dropped as (
  delete from tally.outbox
  using changed
  where outbox.outbox_id = changed.outbox_id
    and case when is_no_news then not changed.is_uncertain else changed.is_known end
)
insert into tally.outbox
  (destination, kind, agency, subject, customer_reference, lane, type, document, digest, created_at)
select
  $1, kind, agency, subject, customer_reference, lane,
  case when kind = 'customer' then 'customer_message' when digest is null then 'error_resolved_message' else 'error_message' end,
  case when digest is null then jsonb_set(document::jsonb, '{type}', '"error_resolved_message"')::text else document end,
  digest, $4
from changed
where not is_no_news and not is_known
order by agency, kind, lane, subject
on conflict (destination, kind, agency, subject) do update
set outbox_id = default, message_id = default, type = excluded.type, document = excluded.document, digest = excluded.digest,
    customer_reference = excluded.customer_reference, lane = excluded.lane, created_at = excluded.created_at,
    state = 'waiting', tries = 0, next_try_at = null, last_error = null,
    follows_tried = outbox.follows_tried or outbox.state = 'parked'
      or outbox.outbox_id <= (select tried_up_to from tally.destinations where destination = $1)
