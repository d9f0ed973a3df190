insert into tally.reports (run_id, report, report_date, file_name, rows, sha256, made_of)
values ($1, $2, $3, $4, $5, $6, $7)
