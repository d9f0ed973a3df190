create temporary view next_version as select * from {{table}} where load_id = {{!load_id}}
