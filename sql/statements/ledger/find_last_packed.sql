-- What was packed last, if nothing is said to lie at its plain place any more: a run that was killed has left that file.
select packed.sha256, plain.place
from tally.deliveries as packed
cross join lateral (select regexp_replace(packed.archived_as, '\.gz$', '') as place) as plain
where packed.archived_packed_at = (select max(archived_packed_at) from tally.deliveries)
  and not exists (select from tally.deliveries where archived_as = plain.place)
limit 1
