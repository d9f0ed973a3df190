-- Enough for the index of ten million keys, and bounded.
set local work_mem = '128MB';
set local maintenance_work_mem = '256MB';
-- The disk begins to write while rows still come, so that the commit has less to wait for.
set local backend_flush_after = '2MB';
set local jit = off
