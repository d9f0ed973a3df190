alter table {{!agency_table}} attach partition {{version}} for values in ({{=agency}})
