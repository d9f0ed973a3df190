-- Memory for what joins and sorts whole tables: enough for a million customers, and bounded; what is more spills to the
-- disk. For the rest of the session, which is a command's own.
set work_mem = '64MB'
