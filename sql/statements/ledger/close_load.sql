update tally.loads
set outcome = $2, live = $3, code = $4, message = $5, warnings = $6, finished_at = $7, seconds = $8,
    report_due = $2 in ('loaded', 'unchanged'), messages_due = $2 = 'loaded' and $3
where load_id = $1
