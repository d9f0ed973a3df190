drop table repeated_row
