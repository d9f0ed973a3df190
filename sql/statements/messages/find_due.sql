-- Loads whose messages are not in the outbox yet, and whether messages read their feed at all. Those of a run that is
-- still going on wait for its end ($1: but not for our own): the orders of a night may be there before their customers,
-- and nobody wants to hear of that.
with recursive read as (
  select to_regclass(name) as oid from unnest(array['public.customer_message', 'public.error_message']) as name
  union
  select pg_depend.refobjid
  from read
  join pg_rewrite on pg_rewrite.ev_class = read.oid
  join pg_depend
    on pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.objid = pg_rewrite.oid
    and pg_depend.refclassid = 'pg_class'::regclass
)
select
  loads.load_id, loads.agency,
  exists (select from read where read.oid = to_regclass(format('public.%I', loads.feed))) as is_read
from tally.loads
join tally.runs using (run_id)
where loads.messages_due and (runs.outcome is not null or runs.run_id = $1)
