insert into tally.jobs (job, cron, time_zone, planned_until) values ($1, $2, $3, $4)
on conflict (job) do update
set cron = excluded.cron, time_zone = excluded.time_zone, planned_until = excluded.planned_until
