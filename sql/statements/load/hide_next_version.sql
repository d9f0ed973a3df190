drop view if exists next_version
