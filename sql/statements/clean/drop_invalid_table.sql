-- One message is one transaction. Whoever reads file_invalid_rows is not waited for.
set local lock_timeout = '100ms';
drop table {{table}};
delete from only file_invalid_rows where load_id = {{!load_id}};
update tally.loads set invalid_cleaned_at = {{=now}} where load_id = {{!load_id}};
