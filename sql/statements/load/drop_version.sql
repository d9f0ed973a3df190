drop table if exists {{version}}
