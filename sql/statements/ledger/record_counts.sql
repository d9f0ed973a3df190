update tally.loads
set rows_read = $2, rows_loaded = $3, rows_invalid = $4, rows_repeated = $5, warnings = $6, drift = $7,
    fields = $8
where load_id = $1
