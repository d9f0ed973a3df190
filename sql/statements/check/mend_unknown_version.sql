drop table {{version}}
