-- That it goes well again, nobody will see of a job that is no longer declared.
with gone as (
  delete from tally.jobs where not job = any ($1)
  returning job
)
update tally.alarms
set recovered_at = $2
where job in (select job from gone) and kind = 'failed' and recovered_at is null
