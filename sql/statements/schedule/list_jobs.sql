select job, cron, time_zone, planned_until from tally.jobs
