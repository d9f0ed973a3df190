-- One row for each destination that was ever declared; last_error: why it is down, else why what waits was refused.
select
  destination, sent, last_sent_at, down_since,
  count(outbox_id) filter (where state = 'waiting') as waiting,
  count(outbox_id) filter (where state = 'parked') as parked,
  min(created_at) filter (where state = 'waiting') as oldest_waiting_at,
  min(next_try_at) filter (where state = 'waiting') as next_try_at,
  coalesce(
    destinations.last_error,
    (array_agg(outbox.last_error order by next_try_at) filter (where state = 'waiting' and next_try_at is not null))[1]
  ) as last_error
from tally.destinations
left join tally.outbox using (destination)
group by destination
order by destination
