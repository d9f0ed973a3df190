insert into tally.verifications (
  load_id, verified_at, seconds, version, row_for_row, outcome, code, message, sha256,
  rows_read, rows_loaded, rows_invalid, rows_repeated, file_digest, table_digest, differences, found
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
