-- One row for each destination that was ever declared.
select
  destination, sent, last_sent_at, down_since, destinations.last_error,
  count(outbox_id) filter (where state = 'waiting') as waiting,
  count(outbox_id) filter (where state = 'parked') as parked,
  min(created_at) filter (where state = 'waiting') as oldest_waiting_at,
  min(next_try_at) filter (where state = 'waiting') as next_try_at
from tally.destinations
left join tally.outbox using (destination)
group by destination
order by destination
