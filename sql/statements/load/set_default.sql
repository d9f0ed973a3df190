-- Of the partitions too: a version is made like its agency's table, and what the file leaves out comes from there.
alter table {{table}} alter column {{column}} set default {{!fallback}}
