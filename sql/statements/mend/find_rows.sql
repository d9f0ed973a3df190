select line_number, raw, encoding, reasons from file_invalid_rows where load_id = $1 and line_number = any($2::bigint[])
