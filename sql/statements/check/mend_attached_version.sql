alter table {{!agency_table}} detach partition {{version}}
