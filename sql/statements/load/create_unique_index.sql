create unique index on {{version}} ({{columns}})
