with planned as (
  insert into tally.slots (job, slot, not_before)
  select $1, due, due from unnest($2::timestamptz[]) as due
  on conflict (job, slot) do nothing
)
update tally.jobs set planned_until = greatest(planned_until, (select max(due) from unnest($2::timestamptz[]) as due))
where job = $1
