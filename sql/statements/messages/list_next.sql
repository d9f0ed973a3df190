-- $1: the destination; $2: now; $3: how many; $4: its kinds; $5: its agencies, null for all: what it was to get before it
-- was declared otherwise stays here. A message that was refused holds up those behind it in its lane, and no others.
select outbox_id, message_id, agency, subject, customer_reference, lane, type, document, tries, created_at
from tally.outbox
where destination = $1 and state = 'waiting' and (next_try_at is null or next_try_at <= $2)
  and kind = any($4::text[]) and ($5::text[] is null or agency = any($5))
  and not exists (
    select from tally.outbox as ahead
    where ahead.destination = $1 and ahead.agency = outbox.agency and ahead.lane = outbox.lane
      and ahead.outbox_id < outbox.outbox_id and ahead.state = 'waiting' and ahead.next_try_at > $2
  )
order by outbox_id
limit $3
