-- Memory: enough for the index of ten million keys, and bounded.
set local work_mem = '128MB';
set local maintenance_work_mem = '256MB';
-- And what waits to be written: the disk begins while rows still come, so that the commit has less to wait for.
set local backend_flush_after = '2MB';
-- What a load looks up by index lies in memory or on a disk without arms; and to compile its queries takes longer than to run them.
set local random_page_cost = 1.1;
set local jit = off
