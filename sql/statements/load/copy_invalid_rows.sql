copy public.file_invalid_rows (load_id, line_number, raw, reasons, summary, feed, agency, file_name, table_name, encoding) from stdin
