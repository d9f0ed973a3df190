-- Holds exactly one partition, the live version. Made by itself and then attached, because that does not wait
-- for those who read the feed's table.
create table {{agency_table}} (like {{table}} including defaults including comments) partition by list (agency);
alter table {{agency_table}} alter column agency set default {{=agency}};
comment on table {{agency_table}} is {{=comment}};
alter table {{table}} attach partition {{agency_table}} for values in ({{=agency}});
