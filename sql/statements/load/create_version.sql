-- The check spares the scan when it is attached.
create table {{version}} (like {{agency_table}} including defaults);
alter table {{version}} add constraint its_agency check (agency = {{=agency}});
alter table {{version}} alter column agency set not null;
