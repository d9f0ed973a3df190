delete from expected_row as row using set_aside where row.line_number = set_aside.line_number
