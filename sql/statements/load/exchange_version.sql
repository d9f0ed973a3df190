-- Sent as one message, so that nobody waits for us between the locks and the commit.
savepoint exchange;
set local lock_timeout = '100ms';
alter table {{agency_table}} detach partition {{old_version}};
alter table {{agency_table}} attach partition {{version}} for values in ({{=agency}});
set local lock_timeout = 0;
