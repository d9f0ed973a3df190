-- One message is one transaction: with the table goes its row in the ledger, or neither does.
set local lock_timeout = '100ms';
drop table if exists {{version}};
delete from tally.versions where load_id = {{!load_id}};
