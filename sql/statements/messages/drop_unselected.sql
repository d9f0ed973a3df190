-- $1: the destination; $2: its kinds; $3: its agencies, null for all. What waits and is no longer for it goes. Some of that may
-- have arrived, so what it knows of these subjects is forgotten too: they are told anew if they are ever for it again.
with dropped as (
  delete from tally.outbox
  where destination = $1 and not (kind = any($2::text[]) and ($3::text[] is null or agency = any($3)))
  returning kind, agency, subject
)
delete from tally.sent_messages as sent
using dropped
where sent.destination = $1 and sent.kind = dropped.kind and sent.agency = dropped.agency
  and sent.subject = dropped.subject
