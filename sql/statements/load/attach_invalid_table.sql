alter table {{table}} inherit public.file_invalid_rows
