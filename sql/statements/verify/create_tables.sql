-- Of this connection only: the rows that the file says the table should have, those that it says should not be in
-- it, and where the two differ. They are made before the snapshot, which can change nothing that others see.
create temporary table expected_row (line_number bigint not null, {{!columns}});
create temporary table set_aside (line_number bigint not null, first_line bigint, first_load bigint, differs boolean not null);
create temporary table row_difference (line_number bigint, place tid, occurrence bigint not null);
