create temporary view next_version as select * from {{version}}
