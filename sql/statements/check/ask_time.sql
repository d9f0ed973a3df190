select clock_timestamp() as now, (select max(started_at) from tally.runs) as latest
