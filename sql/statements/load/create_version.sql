create table {{version}} ({{!columns}})
