close repeated_rows;
drop table repeated_row;
