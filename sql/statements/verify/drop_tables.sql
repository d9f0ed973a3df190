drop table if exists pg_temp.expected_row, pg_temp.set_aside, pg_temp.row_difference
