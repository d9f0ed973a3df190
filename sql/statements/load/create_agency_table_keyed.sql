create table {{agency_table}} (like {{table}} including defaults including comments, primary key ({{key}}));
alter table {{agency_table}} alter column agency set default {{=agency}};
comment on table {{agency_table}} is {{=comment}};
alter table {{table}} attach partition {{agency_table}} for values in ({{=agency}});
