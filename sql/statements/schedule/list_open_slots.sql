-- The process that works on a job holds its lock for as long as it lives: who runs without it is dead.
select
  slot_id, job, slot, by_hand, state, attempts, failures, not_before, claimed_by, code, message,
  coalesce(claimed_until > now(), false) as claimed,
  exists (
    select from pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted
      and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint << 32) | objid::bigint = hashtextextended('tally job ' || job, 0)
  ) as locked
from tally.slots
where state in ('waiting', 'running')
order by job, slot
