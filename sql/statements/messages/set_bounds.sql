-- A million customers are sorted and hashed in this much; what is more spills to the disk.
set local work_mem = '64MB'
