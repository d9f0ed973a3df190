copy public.file_invalid_rows ({{columns}}) from stdin
