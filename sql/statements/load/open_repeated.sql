declare repeated_rows cursor for select line_number, first_line, first_load from repeated_row where differs order by line_number
